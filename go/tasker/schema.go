package tasker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaPlace = "tasker:///schema.json"

// Schema is a compiled JSON Schema (draft 7) of a context. It is safe for use by several goroutines.
type Schema struct{ compiled *jsonschema.Schema }

// CompileSchema checks and compiles a JSON Schema of draft 7. References lead only into the schema itself: nothing is ever
// loaded from elsewhere. It gives an *Error (CodeInvalid) that says which keyword is wrong.
func CompileSchema(schema []byte) (*Schema, error) {
	root, problems := checkSchema(schema)
	p := &Problems{details: problems}
	if err := p.Err("the schema is not a JSON Schema of draft 7"); err != nil {
		return nil, err
	}
	compiled, err := compile(root.json())
	if err != nil {
		return nil, Invalidf("compile schema: %v", err)
	}
	return &Schema{compiled}, nil
}

// schemaProblems gives what is wrong with a template's schema, at JSON pointers into the template.
func schemaProblems(schema []byte) []Detail {
	root, problems := checkSchema(schema)
	for i := range problems {
		problems[i].Pointer = "/schema" + problems[i].Pointer
	}
	if len(problems) > 0 {
		return problems
	}
	if _, err := compile(root.json()); err != nil {
		return []Detail{{Pointer: "/schema", Message: fmt.Sprintf("is not a JSON Schema of draft 7: %v", err)}}
	}
	return nil
}

// nothing refuses to load anything: a schema must be whole in itself.
type nothing struct{}

func (nothing) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not part of the schema", url)
}

func compile(schema []byte) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.UseLoader(nothing{})
	compiler.RegisterVocabulary(nameVocabulary())
	for name, holds := range formats {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: holds.validate})
	}
	if err := compiler.AddResource(schemaPlace, document); err != nil {
		return nil, err
	}
	return compiler.Compile(schemaPlace)
}

// Validate holds a context, as JSON, against the schema. It gives an *Error (CodeInvalid) with one detail for every value
// that is wrong, at its JSON pointer.
func (s *Schema) Validate(context []byte) error {
	value, err := contextValue(context)
	if err != nil {
		return err
	}
	failure := s.compiled.Validate(value)
	if failure == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(failure, &invalid) {
		return Invalidf("validate context: %v", failure)
	}
	return &Error{Code: CodeInvalid, Message: "the context does not fit the template's schema", Details: explain(invalid, value)}
}

// contextValue reads a context with exact integers; other numbers count as the double they are nearest to.
func contextValue(context []byte) (any, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(context))
	if err != nil {
		return nil, Invalidf("the context is not JSON: %v", err)
	}
	return exact(value)
}

func exact(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case json.Number:
		text, ok := canonicalNumber(v.String())
		if !ok {
			return nil, Invalidf("the context has a number that no double can hold: %s", quote(v.String()))
		}
		return json.Number(text), nil
	case []any:
		for i := range v {
			if v[i], err = exact(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if v[key], err = exact(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
