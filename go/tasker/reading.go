package tasker

import (
	"math"
	"strings"
)

// reading turns the fields of one variant of a document into a Template. A value that cannot be read is noted and stands at
// its default, and later rules say nothing about it.
type reading struct {
	found   *findings
	asked   bool             // this is the variant that the caller gets: a missing variable is a problem
	origins map[string]*node // where each pointer of the normal form comes from
	faulty  map[string]bool
}

func (r *reading) template(top fields, steps []*fields) Template {
	t := Template{
		Namespace:   r.text(top.values["namespace"], "/namespace", DefaultNamespace),
		Name:        r.text(top.values["name"], "/name", ""),
		Version:     r.text(top.values["version"], "/version", DefaultVersion),
		Description: r.description(top.values["description"], "/description"),
		Schema:      r.schema(top.values["schema"]),
		Identity:    r.identity(top.values),
		Steps:       []Step{},
	}
	if list := top.values["steps"].node; list != nil {
		r.origins["/steps"] = list
	}
	for i, step := range steps {
		t.Steps = append(t.Steps, r.step(step, Pointer("steps", i)))
	}
	return t
}

func (r *reading) step(f *fields, at string) Step {
	r.origins[at] = f.origin
	v := f.values
	return Step{
		Name:         r.text(v["name"], at+"/name", ""),
		Description:  r.description(v["description"], at+"/description"),
		HandlerClass: r.text(v["handler_class"], at+"/handler_class", ""),
		DependsOn:    r.dependsOn(f.dependsOn, at+"/depends_on"),
		MaxAttempts:  r.integer(v["max_attempts"], at+"/max_attempts", DefaultMaxAttempts),
		Retryable:    r.boolean(v["retryable"], at+"/retryable", true),
		Timeout:      r.optionalNumber(v["timeout_seconds"], at+"/timeout_seconds"),
		Backoff:      r.backoff(v, at+"/backoff"),
		Skippable:    r.boolean(v["skippable"], at+"/skippable", false),
		Config:       r.object(v["config"], at+"/config", []byte("{}")),
	}
}

func (r *reading) backoff(v map[string]field, at string) Backoff {
	return Backoff{
		Strategy:    r.text(v["backoff/strategy"], at+"/strategy", DefaultBackoff.Strategy),
		BaseSeconds: r.number(v["backoff/base_seconds"], at+"/base_seconds", DefaultBackoff.BaseSeconds),
		MaxSeconds:  r.number(v["backoff/max_seconds"], at+"/max_seconds", DefaultBackoff.MaxSeconds),
		Jitter:      r.jitter(v["backoff/jitter"], at+"/jitter"),
	}
}

// take remembers where a field comes from and reports whether there is a value to read.
func (r *reading) take(f field, at string) bool {
	if f.node == nil {
		return false
	}
	r.origins[at] = f.node
	for _, void := range f.node.voids() {
		r.faulty[at] = true
		if r.asked && void.text != "" {
			r.found.add(void, "%s", void.text)
		}
	}
	return f.node.kind != kindNull && !r.faulty[at]
}

// wrong notes a value of the wrong type.
func (r *reading) wrong(f field, at, message string) {
	r.faulty[at] = true
	r.found.add(f.node, "%s", message)
}

func (r *reading) text(f field, at, absent string) string {
	if !r.take(f, at) {
		return absent
	}
	switch f.node.kind {
	case kindString:
		return f.node.text
	case kindList, kindMap:
		r.wrong(f, at, "must be a string")
	default:
		r.wrong(f, at, "must be a string: quote it")
	}
	return absent
}

func (r *reading) description(f field, at string) *string {
	if !r.take(f, at) {
		return nil
	}
	text := r.text(f, at, "")
	return &text
}

func (r *reading) boolean(f field, at string, absent bool) bool {
	switch {
	case !r.take(f, at):
		return absent
	case f.node.kind == kindBool:
		return f.node.flag
	case f.node.kind == kindString && resolve(f.node.text).kind == kindBool:
		return resolve(f.node.text).flag
	}
	r.wrong(f, at, "must be true or false")
	return absent
}

func (r *reading) number(f field, at string, absent float64) float64 {
	if number := r.optionalNumber(f, at); number != nil {
		return *number
	}
	return absent
}

func (r *reading) optionalNumber(f field, at string) *float64 {
	if !r.take(f, at) {
		return nil
	}
	number, ok := f.number()
	if !ok {
		r.wrong(f, at, "must be a number")
		return nil
	}
	return &number
}

// integer clamps what no int can hold: the rules refuse it anyway.
func (r *reading) integer(f field, at string, absent int) int {
	if !r.take(f, at) {
		return absent
	}
	number, ok := f.number()
	if !ok || number != math.Trunc(number) {
		r.wrong(f, at, "must be an integer")
		return absent
	}
	return int(max(-1, min(number, math.MaxInt32)))
}

// jitter also takes true and false, which an older system has: the default, or none.
func (r *reading) jitter(f field, at string) float64 {
	if r.take(f, at) && (f.node.kind == kindBool || f.node.kind == kindString && resolve(f.node.text).kind == kindBool) {
		if r.boolean(f, at, true) {
			return DefaultBackoff.Jitter
		}
		return 0
	}
	return r.number(f, at, DefaultBackoff.Jitter)
}

func (r *reading) dependsOn(names []*node, at string) []string {
	result := []string{}
	given := map[string]bool{}
	for _, name := range names {
		pointer := at + Pointer(len(result))
		if given[name.text] || !r.take(field{node: name}, pointer) {
			continue
		}
		given[name.text] = true
		result = append(result, name.text)
	}
	return result
}

func (r *reading) object(f field, at string, absent []byte) []byte {
	if !r.take(f, at) {
		return absent
	}
	if f.node.kind != kindMap {
		r.wrong(f, at, "must be a mapping")
		return absent
	}
	return f.node.json()
}

func (r *reading) schema(f field) []byte { return r.object(f, "/schema", nil) }

// report notes a problem of the normal form at the place of the document that it comes from.
func (r *reading) report(problem Detail) {
	known := problem.Pointer
	for r.origins[known] == nil {
		known = known[:strings.LastIndexByte(known, '/')]
	}
	if r.faulty[problem.Pointer] || r.faulty[known] {
		return
	}
	origin, rest := r.origins[known], problem.Pointer[len(known):]
	at := origin
	if rest != "" {
		at = origin.descend(strings.Split(rest[1:], "/"))
	}
	r.found.addDetail(at.at, Detail{Pointer: origin.pointer() + rest, Message: problem.Message})
}
