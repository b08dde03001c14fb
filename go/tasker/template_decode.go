package tasker

import (
	"encoding/json"
	"slices"
)

const decodeSubject = "cannot decode the template's normal form"

// form is a key of the normal form and what may stand there.
type form struct {
	key   string
	kinds []kind
}

var (
	aText, aNumber, aBoolean = []kind{kindString}, []kind{kindNumber}, []kind{kindBool}
	aList, aMapping          = []kind{kindList}, []kind{kindMap}
	maybeText, maybeNumber   = []kind{kindString, kindNull}, []kind{kindNumber, kindNull}
	maybeMapping             = []kind{kindMap, kindNull}

	templateForms = []form{
		{"namespace", aText}, {"name", aText}, {"version", aText}, {"description", maybeText}, {"schema", maybeMapping},
		{"identity", aMapping}, {"steps", aList},
	}
	stepForms = []form{
		{"name", aText}, {"description", maybeText}, {"handler_class", aText}, {"depends_on", aList}, {"max_attempts", aNumber},
		{"retryable", aBoolean}, {"timeout_seconds", maybeNumber}, {"backoff", aMapping}, {"skippable", aBoolean}, {"config", aMapping},
	}
	identityForms = []form{{"strategy", aText}, {"scope", aText}}
	backoffForms  = []form{{"strategy", aText}, {"base_seconds", aNumber}, {"max_seconds", aNumber}, {"jitter", aNumber}}
)

// DecodeTemplate reads a normal form back, as the database keeps it, and checks it. It is strict: all keys have to be there,
// with no synonyms, no unknown keys and no default but the one for an identity, which earlier builds did not write. It gives an *Error (CodeInvalid) for everything else.
func DecodeTemplate(normalForm []byte) (Template, error) {
	y, ok := readJSON(normalForm)
	if !ok {
		return Template{}, Invalidf("%s: it is not a JSON object", decodeSubject)
	}
	found := &findings{}
	l := loader{found: found, literal: true}
	root := l.load(y, nil, "", 0)
	if l.fatal != nil {
		return Template{}, l.fatal
	}
	checkForms(found, root)
	if err := found.err(decodeSubject); err != nil {
		return Template{}, err
	}
	return decodeForm(root.json())
}

func decodeForm(canonical []byte) (Template, error) {
	var form templateForm
	if err := json.Unmarshal(canonical, &form); err != nil {
		return Template{}, Invalidf("%s: %v", decodeSubject, err)
	}
	t := form.template()
	if err := t.Check(); err != nil {
		return Template{}, err
	}
	return t, nil
}

// checkForms holds the whole tree against the normal form.
func checkForms(found *findings, root *node) {
	checkForm(found, root, templateForms)
	if identity := root.child("identity"); identity != nil {
		checkForm(found, identity, identityForms)
	}
	for _, step := range itemsOf(root.child("steps")) {
		checkForm(found, step, stepForms)
		for _, name := range itemsOf(step.child("depends_on")) {
			if name.kind != kindString {
				found.add(name, "must be a string")
			}
		}
		if backoff := step.child("backoff"); backoff != nil {
			checkForm(found, backoff, backoffForms)
		}
	}
}

func checkForm(found *findings, n *node, forms []form) {
	for _, f := range forms {
		switch value := n.child(f.key); {
		case value == nil && f.key == "identity": // templates that were registered before it was there
		case value == nil:
			found.add(n, "key %s is missing", quote(f.key))
		case !slices.Contains(f.kinds, value.kind):
			found.add(value, "is not of the type that the normal form has")
		}
	}
	for _, key := range n.keys {
		if !slices.ContainsFunc(forms, func(f form) bool { return f.key == key }) {
			found.add(n, "unknown key %s", quote(key))
		}
	}
}

func itemsOf(n *node) []*node {
	if n == nil {
		return nil
	}
	return n.items
}

func (f templateForm) template() Template {
	t := Template{Namespace: f.Namespace, Name: f.Name, Version: f.Version, Description: f.Description, Schema: notNull(f.Schema),
		Identity: f.Identity.filled(), Steps: []Step{}}
	for _, s := range f.Steps {
		t.Steps = append(t.Steps, s.step())
	}
	return t
}

func (f stepForm) step() Step {
	s := Step{
		Name: f.Name, Description: f.Description, HandlerClass: f.HandlerClass, DependsOn: f.DependsOn, MaxAttempts: f.MaxAttempts,
		Retryable: f.Retryable, Skippable: f.Skippable, Config: f.Config,
		Backoff: Backoff{f.Backoff.Strategy, double(f.Backoff.BaseSeconds), double(f.Backoff.MaxSeconds), double(f.Backoff.Jitter)},
	}
	if f.Timeout != nil {
		timeout := double(*f.Timeout)
		s.Timeout = &timeout
	}
	return s
}

// double reads a number that JSON has already accepted; what no double can hold is infinite, which the rules refuse.
func double(n json.Number) float64 {
	f, _ := n.Float64()
	return f
}

func notNull(text json.RawMessage) json.RawMessage {
	if string(text) == "null" {
		return nil
	}
	return text
}
