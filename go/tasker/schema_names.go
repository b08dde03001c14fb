package tasker

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	failure "github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// namesRule asks for the names of an object's properties. The library does so too, but loses the place of what it finds, so
// its own findings of this kind are left aside (see flatten).
type namesRule struct{ names *jsonschema.Schema }

// misnamed is the library's finding with all names in it.
type misnamed struct {
	failure.PropertyNames
	names []string
}

// nameVocabulary makes the library ask a namesRule beside its own.
func nameVocabulary() *jsonschema.Vocabulary {
	return &jsonschema.Vocabulary{
		URL:    "tasker:///names.json",
		Schema: &jsonschema.Schema{},
		Compile: func(compiler *jsonschema.CompilerContext, schema map[string]any) (jsonschema.SchemaExt, error) {
			if _, ok := schema["propertyNames"]; !ok {
				return nil, nil
			}
			return namesRule{compiler.Enqueue([]string{"propertyNames"})}, nil
		},
	}
}

// Validate tells the library which names do not fit; it is called for every value under such a rule.
func (r namesRule) Validate(at *jsonschema.ValidatorContext, value any) {
	object, _ := value.(map[string]any)
	var wrong []string
	for name := range object {
		if at.Validate(r.names, name, []string{name}) != nil {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		at.AddError(&misnamed{names: wrong})
	}
}
