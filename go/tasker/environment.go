package tasker

import (
	"maps"
	"slices"
)

// environment is what one deployment environment changes: fields of steps, by the step's name.
type environment struct {
	name      string
	overrides map[string]*fields
}

func (d *document) readEnvironments(n *node) {
	d.lacking(n)
	d.demand(n, n.kind == kindMap || n.kind == kindVoid, "must be a mapping of environments")
	for i, name := range n.keys {
		e := environment{name: name, overrides: map[string]*fields{}}
		if value := n.items[i]; value.kind == kindMap {
			d.readEnvironment(e, value)
		} else {
			d.lacking(value)
			d.demand(value, value.kind == kindNull || value.kind == kindVoid, "must be a mapping with steps or step_overrides")
		}
		d.environments = append(d.environments, e)
	}
}

func (d *document) readEnvironment(e environment, n *node) {
	d.rename(&d.values, n, environmentKeys, func(form, _ string, value *node) {
		switch {
		case value.kind == kindVoid:
			d.lacking(value)
		case value.kind == kindNull:
		case form == "(list)" && value.kind == kindList:
			for _, item := range value.items {
				d.listedOverride(e, item)
			}
		case form == "(map)" && value.kind == kindMap:
			for i, name := range value.keys {
				d.override(e, name, value.items[i])
			}
		case form == "(list)":
			d.found.add(value, "must be a list of steps")
		default:
			d.found.add(value, "must be a mapping from step names to what they override")
		}
	})
}

// listedOverride reads an override that names its step itself.
func (d *document) listedOverride(e environment, item *node) {
	if item.kind != kindMap {
		d.lacking(item)
		d.demand(item, item.kind == kindVoid, "must be a mapping with the name of a step")
		return
	}
	name := item.child("name")
	switch {
	case name == nil || name.kind == kindNull:
		d.found.add(item, "needs the name of the step that it overrides")
	case name.kind == kindString:
		d.override(e, name.text, item)
	default:
		d.lacking(name)
		d.demand(name, name.kind == kindVoid, "must be a string")
	}
}

func (d *document) override(e environment, name string, item *node) {
	known := d.stepNames()
	switch _, twice := e.overrides[name]; {
	case item.kind == kindVoid:
		d.lacking(item)
	case item.kind == kindNull:
	case item.kind != kindMap:
		d.found.add(item, "must be a mapping of what is overridden")
	case !slices.Contains(known, name):
		d.found.add(item, "unknown step %s%s", quote(name), d.found.suggest(name, known, ": it is not in the list of steps"))
	case twice:
		d.found.add(item, "step %s is overridden twice: join the two", quote(name))
	default:
		e.overrides[name] = d.overriding(item)
	}
}

// overriding translates an override; which steps there are and what they wait for is the same in every environment.
func (d *document) overriding(item *node) *fields {
	f := d.step(item)
	delete(f.values, "name")
	if len(f.dependsOn) > 0 {
		d.found.add(f.dependsOn[0], "an environment cannot change what a step waits for: remove it")
	}
	return f
}

// overlay gives the steps with the overrides laid over them; a config is merged deeply, everything else is replaced.
func (e environment) overlay(steps []*fields) []*fields {
	result := make([]*fields, len(steps))
	for i, step := range steps {
		result[i] = step
		if over, ok := e.overrides[step.values["name"].text()]; ok {
			result[i] = step.overlaid(over)
		}
	}
	return result
}

func (f *fields) overlaid(over *fields) *fields {
	result := &fields{origin: f.origin, dependsOn: f.dependsOn, values: maps.Clone(f.values)}
	for name, value := range over.values {
		if below, ok := f.values[name]; ok && name == "config" {
			value.node = below.node.merged(value.node)
		}
		result.values[name] = value
	}
	return result
}

func (f field) text() string {
	if f.node == nil {
		return ""
	}
	return f.node.text
}
