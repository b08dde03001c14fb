package tasker

import (
	"slices"
	"strconv"
)

// A synonym is a key that a document may use and the field of the normal form that it means. A field in brackets has no
// such counterpart: it is a form of its own, or it is accepted without effect because older files have it.
type synonym struct{ key, field string }

var templateKeys = []synonym{
	{"name", "name"},
	{"namespace", "namespace"}, {"namespace_name", "namespace"},
	{"version", "version"},
	{"description", "description"},
	{"schema", "schema"}, {"input_schema", "schema"}, {"context_schema", "schema"},
	{"identity", "(identity)"}, {"identity_strategy", "identity/strategy"},
	{"steps", "steps"}, {"step_templates", "steps"},
	{"environments", "(environments)"},
	{"named_steps", "(named_steps)"},
	{"task_handler_class", "(text)"}, {"module_namespace", "(text)"},
	{"default_dependent_system", "(text)"}, {"dependent_system", "(text)"},
}

var stepKeys = []synonym{
	{"name", "name"},
	{"description", "description"},
	{"handler_class", "handler_class"}, {"handler", "(handler)"},
	{"depends_on", "(depends_on)"}, {"depends_on_step", "(depends_on)"}, {"depends_on_steps", "(depends_on)"},
	{"dependencies", "(depends_on)"}, {"after", "(depends_on)"},
	{"max_attempts", "max_attempts"}, {"retry_limit", "max_attempts"}, {"default_retry_limit", "max_attempts"},
	{"retryable", "retryable"}, {"default_retryable", "retryable"},
	{"retry", "(retry)"}, {"backoff", "(backoff)"}, {"retry_backoff", "backoff/strategy"},
	{"timeout_seconds", "timeout_seconds"},
	{"skippable", "skippable"},
	{"config", "config"}, {"handler_config", "config"},
	{"dependent_system", "(text)"}, {"type", "(type)"},
}

var handlerKeys = []synonym{{"callable", "handler_class"}, {"initialization", "config"}}

var retryKeys = []synonym{
	{"limit", "max_attempts"}, {"max_attempts", "max_attempts"},
	{"retryable", "retryable"},
	{"backoff", "backoff/strategy"},
	{"backoff_base_ms", "backoff/base_seconds"}, {"max_backoff_ms", "backoff/max_seconds"},
	{"jitter", "backoff/jitter"},
}

var backoffKeys = []synonym{
	{"strategy", "backoff/strategy"},
	{"base_seconds", "backoff/base_seconds"}, {"max_seconds", "backoff/max_seconds"},
	{"jitter", "backoff/jitter"},
}

var identityKeys = []synonym{{"strategy", "identity/strategy"}, {"scope", "identity/scope"}}

var environmentKeys = []synonym{{"steps", "(list)"}, {"step_templates", "(list)"}, {"step_overrides", "(map)"}}

// milliseconds are the keys whose number counts thousandths of what the field counts.
var milliseconds = []string{"backoff_base_ms", "max_backoff_ms"}

// unsupported are keys of older systems whose function does not exist here. To accept them would be a lie.
var unsupported = []string{
	"batch_config", "custom_events", "default_context", "default_options", "domain_events", "handler_config", "lifecycle", "metadata",
	"method", "publishes_events", "resolver", "result_schema", "system_dependencies", "system_dependency",
}

func fieldOf(table []synonym, key string) (string, bool) {
	i := slices.IndexFunc(table, func(s synonym) bool { return s.key == key })
	if i < 0 {
		return "", false
	}
	return table[i].field, true
}

func keysOf(table []synonym) []string {
	keys := make([]string, len(table))
	for i, s := range table {
		keys[i] = s.key
	}
	return keys
}

// field is one value on its way into the normal form, under the key that the document used for it.
type field struct {
	node *node
	key  string
}

// fields are the values that a mapping gives, by the names of the normal form; depends_on gathers all of its synonyms.
type fields struct {
	origin    *node
	values    map[string]field
	dependsOn []*node
}

// renamer translates the keys of all systems of the family into the one set of names used inside.
type renamer struct{ found *findings }

// rename sorts the entries of a mapping into fields; special forms go to the function given.
func (r renamer) rename(f *fields, n *node, table []synonym, special func(form, key string, value *node)) {
	for i, key := range n.keys {
		value := n.items[i]
		form, known := fieldOf(table, key)
		switch {
		case !known && slices.Contains(unsupported, key):
			r.found.add(value, "%s is not supported: remove it", quote(key))
		case !known:
			r.found.add(n, "unknown key %s%s", quote(key), r.found.suggest(key, keysOf(table), ": remove it"))
		case form[0] == '(':
			special(form, key, value)
		default:
			r.put(f, form, key, value)
		}
	}
}

// put keeps a field; two synonyms may both be given only if they agree.
func (r renamer) put(f *fields, name, key string, value *node) {
	before, taken := f.values[name]
	if taken && value.kind == kindNull {
		return
	}
	given := field{value, key}
	if taken && before.node.kind != kindNull && !before.agrees(given) {
		r.found.add(value, "%s contradicts %s: give one of them", quote(key), quote(before.key))
		return
	}
	f.values[name] = given
}

func (f field) agrees(other field) bool {
	a, isNumber := f.number()
	b, areNumbers := other.number()
	return isNumber && areNumbers && a == b || f.scale() == other.scale() && f.node.same(other.node)
}

func (f field) scale() float64 {
	if slices.Contains(milliseconds, f.key) {
		return 1000
	}
	return 1
}

// number gives the number of a field in the unit of the normal form; numeric text counts, for variables give text.
func (f field) number() (float64, bool) {
	text := f.node.text
	if f.node.kind == kindString && looksNumeric(text) && len(text) <= longestNumber {
		text, _ = canonicalNumber(text)
	} else if f.node.kind != kindNumber {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number / f.scale(), err == nil
}

// step translates one entry of the list of steps.
func (r renamer) step(n *node) *fields {
	f := &fields{origin: n, values: map[string]field{}}
	r.rename(f, n, stepKeys, func(form, key string, value *node) {
		switch {
		case value.kind == kindNull:
		case form == "(depends_on)":
			f.dependsOn = append(f.dependsOn, r.names(value)...)
		case form == "(type)":
			r.demand(value, value.text == "standard" || value.kind == kindVoid, `step type %s is not supported: remove it`, quote(value.text))
		case form == "(text)":
			r.demand(value, isText(value), "must be a string")
		case form == "(handler)" && isText(value):
			r.put(f, "handler_class", key, value)
		case form == "(handler)":
			r.nested(f, value, handlerKeys, "must be a class name, or a mapping with callable and initialization")
		case form == "(backoff)" && isText(value):
			r.put(f, "backoff/strategy", key, value)
		case form == "(backoff)":
			r.nested(f, value, backoffKeys, "must be a strategy, or a mapping with strategy, base_seconds, max_seconds and jitter")
		case form == "(retry)":
			r.nested(f, value, retryKeys, "must be a mapping with limit, retryable, backoff, backoff_base_ms, max_backoff_ms and jitter")
		}
	})
	return f
}

func (r renamer) demand(n *node, holds bool, format string, values ...any) {
	if !holds {
		r.found.add(n, format, values...)
	}
}

func (r renamer) nested(f *fields, value *node, table []synonym, otherwise string) {
	if value.kind != kindMap {
		r.lacking(value)
		r.demand(value, value.kind == kindVoid, "%s", otherwise)
		return
	}
	r.rename(f, value, table, nil)
}

// lacking notes a missing variable where no environment could supply the value.
func (r renamer) lacking(n *node) {
	r.demand(n, n.kind != kindVoid || n.text == "", "%s", n.text)
}

// isText reports whether the node is a text, or would be one if its variable were set.
func isText(n *node) bool { return n.kind == kindString || n.kind == kindVoid }

// names reads one name or a list of names.
func (r renamer) names(value *node) []*node {
	items := value.items
	if isText(value) {
		items = []*node{value}
	} else if value.kind != kindList {
		r.found.add(value, "must be a step name or a list of step names")
		return nil
	}
	var names []*node
	for _, item := range items {
		r.demand(item, isText(item), "must be a step name")
		if isText(item) {
			names = append(names, item)
		}
	}
	return names
}
