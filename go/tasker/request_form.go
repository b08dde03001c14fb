package tasker

import "github.com/tasker-core/tasker-core/go/internal/jsonx"

// requestForm is a request as callers may write it: every key and every older word for it. Inside there is only Request.
type requestForm struct {
	Protocol       *int             `json:"protocol"`
	RequestID      *string          `json:"request_id"`
	Namespace      *string          `json:"namespace"`
	NamespaceName  *string          `json:"namespace_name"`
	Name           *string          `json:"name"`
	TaskName       *string          `json:"task_name"`
	Version        *string          `json:"version"`
	TaskVersion    *string          `json:"task_version"`
	Context        jsonx.RawMessage `json:"context"`
	InputData      jsonx.RawMessage `json:"input_data"`
	Input          jsonx.RawMessage `json:"input"`
	Priority       int              `json:"priority"`
	Tags           []string         `json:"tags"`
	Skip           *[]string        `json:"skip"`
	BypassSteps    *[]string        `json:"bypass_steps"`
	Initiator      string           `json:"initiator"`
	SourceSystem   string           `json:"source_system"`
	Reason         string           `json:"reason"`
	CorrelationID  string           `json:"correlation_id"`
	IdempotencyKey *string          `json:"idempotency_key"`
	StartAt        *string          `json:"start_at"`
}

// door collects problems while older words are turned into ours, and remembers which word the sender wrote.
type door struct {
	Problems
	written map[string]string // our key → the sender's
}

// at gives the pointer to a value under the key that the sender wrote.
func (d *door) at(key string) string {
	if written, ok := d.written[key]; ok {
		key = written
	}
	return "/" + key
}

// request gives what the form says, in our words.
func (f requestForm) request(d *door) Request {
	if f.Protocol != nil {
		d.protocol(*f.Protocol)
	}
	return Request{
		RequestID:      d.given("request_id", f.RequestID),
		Namespace:      d.given("namespace", either(d, "namespace", f.Namespace, "namespace_name", f.NamespaceName)),
		Name:           deref(either(d, "name", f.Name, "task_name", f.TaskName)),
		Version:        d.given("version", either(d, "version", f.Version, "task_version", f.TaskVersion)),
		Context:        d.oneOf(payload{"context", f.Context}, payload{"input_data", f.InputData}, payload{"input", f.Input}),
		Priority:       f.Priority,
		Tags:           f.Tags,
		Skip:           deref(either(d, "skip", f.Skip, "bypass_steps", f.BypassSteps)),
		Initiator:      f.Initiator,
		SourceSystem:   f.SourceSystem,
		Reason:         f.Reason,
		CorrelationID:  f.CorrelationID,
		IdempotencyKey: d.given("idempotency_key", f.IdempotencyKey),
		StartAt:        d.given("start_at", f.StartAt),
	}
}

// either takes a value under our key or under the older one, not under both.
func either[T any](d *door, key string, value *T, older string, other *T) *T {
	switch {
	case other == nil:
		return value
	case value != nil:
		d.Addf("/"+older, "is another word for %s, which is given too: send only one", key)
		return value
	}
	d.written[key] = older
	return other
}

// payload is one spelling of a value that is kept as it came.
type payload struct {
	key   string
	value jsonx.RawMessage
}

// oneOf takes the one payload that is given, and notes every further one. The first is our word, the others are older.
func (d *door) oneOf(all ...payload) jsonx.RawMessage {
	var taken payload
	for _, p := range all {
		switch {
		case absent(p.value):
		case taken.key != "":
			d.Addf("/"+p.key, "is another word for %s, which is given too: send only one", taken.key)
		default:
			taken = p
			d.written[all[0].key] = p.key
		}
	}
	return taken.value
}

// given takes a value that may be left out but, where it is given, must say something.
func (d *door) given(key string, value *string) string {
	if value != nil && *value == "" {
		d.Addf(d.at(key), "is empty: give a value or leave it out")
	}
	return deref(value)
}

// deref gives the value, or an empty one for nil.
func deref[T any](value *T) (v T) {
	if value != nil {
		v = *value
	}
	return v
}
