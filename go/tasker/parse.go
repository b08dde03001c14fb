package tasker

import (
	"bytes"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const templateSubject = "the template is not valid"

// ParseTemplate reads a template document, YAML or JSON, into its normal form and checks it. The overrides of the
// environment are laid over the steps; ${NAME} and ${NAME:-default} in texts are taken from the variables given. Keys of the
// older systems are understood. Everything wrong with the document comes in one *Error (CodeInvalid), in the document's
// order; overrides of other environments are checked too, except for variables that only they need.
func ParseTemplate(source []byte, environment string, variables map[string]string) (Template, error) {
	y, err := readSource(source)
	if err != nil {
		return Template{}, err
	}
	found := &findings{}
	l := loader{variables: variables, found: found}
	root := l.load(y, nil, "", 0)
	if l.fatal != nil {
		return Template{}, l.fatal
	}
	if root.kind != kindMap {
		return Template{}, Invalidf("%s: it must be a mapping with a name and steps", templateSubject)
	}
	t := newDocument(root, found).template(environment)
	if err := found.err(templateSubject); err != nil {
		return Template{}, err
	}
	return t, nil
}

// readSource gives the nodes of the document, whichever of the two languages it is written in.
func readSource(source []byte) (*yaml.Node, error) {
	switch source = bytes.TrimPrefix(source, []byte("\ufeff")); {
	case len(source) > largestSource:
		return nil, Invalidf("cannot read the template: it is larger than 1 MiB")
	case !utf8.Valid(source):
		return nil, Invalidf("cannot read the template: it is not valid UTF-8")
	}
	if n, ok := readJSON(source); ok {
		return n, nil
	}
	return readYAML(source)
}

// document is a template document with the keys translated, before any environment is chosen.
type document struct {
	renamer
	root         *node
	values       fields
	steps        []*fields
	environments []environment
	namedSteps   *node
}

func newDocument(root *node, found *findings) *document {
	d := &document{renamer: renamer{found}, root: root, values: fields{origin: root, values: map[string]field{}}}
	var environments *node
	d.rename(&d.values, root, templateKeys, func(form, key string, value *node) {
		switch {
		case value.kind == kindNull:
		case form == "(environments)":
			environments = value
		case form == "(named_steps)":
			d.namedSteps = value
		case form == "(identity)" && isText(value):
			d.put(&d.values, "identity/strategy", key, value)
		case form == "(identity)":
			d.nested(&d.values, value, identityKeys, "must be a strategy, or a mapping with strategy and scope")
		default:
			d.demand(value, isText(value), "must be a string")
		}
	})
	d.readSteps()
	d.checkNamedSteps()
	if environments != nil {
		d.readEnvironments(environments)
	}
	return d
}

func (d *document) readSteps() {
	list, given := d.values.values["steps"]
	switch {
	case !given || list.node.kind == kindNull:
		d.found.addDetail(d.root.at, Detail{Pointer: "/steps", Message: "is required: list the steps; [] for none"})
	case list.node.kind == kindVoid:
		d.lacking(list.node)
	case list.node.kind != kindList:
		d.found.add(list.node, "must be a list of steps")
	case len(list.node.items) > mostSteps:
		d.found.add(list.node, tooManySteps, len(list.node.items), mostSteps)
	default:
		for _, item := range list.node.items {
			d.lacking(item)
			d.demand(item, item.kind == kindMap || item.kind == kindVoid, "must be a mapping with a name and a handler_class")
			if item.kind == kindMap {
				d.steps = append(d.steps, d.step(item))
			}
		}
	}
}

// checkNamedSteps holds a list that older files carry beside their steps against the steps.
func (d *document) checkNamedSteps() {
	if d.namedSteps == nil {
		return
	}
	listed, declared := map[string]bool{}, map[string]bool{}
	for _, name := range d.names(d.namedSteps) {
		listed[name.text] = true
	}
	agree := true
	for _, name := range d.stepNames() {
		declared[name] = true
		agree = agree && listed[name]
	}
	d.demand(d.namedSteps, agree && len(listed) == len(declared), "named_steps must name exactly the steps: correct it or remove it")
}

func (d *document) stepNames() []string {
	var names []string
	for _, step := range d.steps {
		if name, ok := step.values["name"]; ok && name.node.kind == kindString {
			names = append(names, name.node.text)
		}
	}
	return names
}

// template reads every variant of the document, the one without overrides first, and gives the one that is asked for.
func (d *document) template(environment string) Template {
	asked := -1
	for i, e := range d.environments {
		if e.name == environment {
			asked = i
		}
	}
	base := d.read(d.steps, asked < 0)
	chosen := base
	for i, e := range d.environments {
		t := d.read(e.overlay(d.steps), asked == i)
		if asked == i {
			chosen = t
		}
	}
	return chosen
}

// read gives one variant in normal form and notes what is wrong with it.
func (d *document) read(steps []*fields, asked bool) Template {
	r := &reading{found: d.found, asked: asked, origins: map[string]*node{"": d.root}, faulty: map[string]bool{}}
	t := r.template(d.values, steps)
	for _, problem := range t.problems() {
		r.report(problem)
	}
	return t
}
