package tasker

import (
	"bytes"
	"errors"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
)

// The bounds of a request.
const (
	MaxPriority = 100  // in both directions; 0 is everyday work
	MaxTags     = 100  // in number
	MaxText     = 255  // characters of a tag, of a key and of who asked
	MaxReason   = 1000 // characters
)

// maxRequestBytes leaves room around the context for everything else, escaped as wastefully as JSON allows.
const maxRequestBytes = MaxPayloadBytes + 512<<10

// Request is what a caller submits, in normal form: which template to run, with what, and who wants it and why.
type Request struct {
	RequestID      string           `json:"request_id,omitempty"` // a UUID; sent again, it finds the task it made
	Namespace      string           `json:"namespace"`            // owner of the template; "default" when empty
	Name           string           `json:"name"`                 // of the template
	Version        string           `json:"version,omitempty"`    // of the template; the latest when empty
	Context        jsonx.RawMessage `json:"context"`              // an object, kept as it came; {} when empty
	Priority       int              `json:"priority"`
	Tags           []string         `json:"tags"`
	Skip           []string         `json:"skip,omitempty"` // skippable steps that this task does without
	Initiator      string           `json:"initiator,omitempty"`
	SourceSystem   string           `json:"source_system,omitempty"`
	Reason         string           `json:"reason,omitempty"`
	CorrelationID  string           `json:"correlation_id,omitempty"`
	IdempotencyKey string           `json:"idempotency_key,omitempty"` // in its namespace; used again, it finds its task: see Identity
	StartAt        string           `json:"start_at,omitempty"`        // nothing goes out before; a moment such as 2026-03-01T12:00:00Z
}

// DecodeRequest decodes a request strictly and gives its normal form. It takes the keys of the older systems as well:
// task_name, task_version, namespace_name, input_data, input and bypass_steps. It refuses with an *Error that points at every problem,
// by the key that the sender wrote.
func DecodeRequest(raw []byte) (Request, error) {
	if err := tooLarge(requestRefused, raw, maxRequestBytes); err != nil {
		return Request{}, err
	}
	var form requestForm
	if err := DecodeStrict(requestRefused, raw, &form); err != nil {
		return Request{}, err
	}
	d := door{written: map[string]string{}}
	r := form.request(&d).filled()
	r.check(&d)
	if err := d.Err(requestRefused); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Normal gives the request with its defaults filled in, or an *Error with every problem.
func (r Request) Normal() (Request, error) {
	var d door
	r = r.filled()
	r.check(&d)
	if err := d.Err(requestRefused); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Encode gives the normal form as JSON, or the *Error with which Normal refuses the request.
func (r Request) Encode() ([]byte, error) {
	r, err := r.Normal()
	if err != nil {
		return nil, err
	}
	return jsonx.Marshal(r)
}

const requestRefused = "request refused"

// filled gives the request with the defaults that do not need a look at the database.
func (r Request) filled() Request {
	if r.Namespace == "" {
		r.Namespace = DefaultNamespace
	}
	if absent(r.Context) {
		r.Context = jsonx.RawMessage("{}")
	}
	if r.Tags == nil {
		r.Tags = []string{}
	}
	return r
}

// absent says whether JSON says nothing, which null does too.
func absent(raw jsonx.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null"
}

// check notes every problem of a request with its defaults filled in.
func (r Request) check(d *door) {
	d.format(d.at("namespace"), r.Namespace, namespaceFormat, "a small letter, then at most 39 small letters, digits or _")
	d.format(d.at("name"), r.Name, nameFormat, "the template's name: a letter, then at most 127 letters, digits, _ or -")
	if r.Version != "" {
		d.format(d.at("version"), r.Version, versionFormat, "three numbers such as 1.0.0")
	}
	if r.RequestID != "" {
		d.format("/request_id", r.RequestID, uuidFormat, "a UUID")
	}
	if r.Priority < -MaxPriority || r.Priority > MaxPriority {
		d.Addf("/priority", "is %d, expected %d to %d", r.Priority, -MaxPriority, MaxPriority)
	}
	r.checkTexts(d)
	r.checkSkip(d)
	if r.StartAt != "" && !isMoment(r.StartAt) {
		d.Addf("/start_at", "is %s, expected a time with its zone such as 2026-03-01T12:00:00Z", quote(r.StartAt))
	}
	d.context(r.Context)
}

// checkTexts notes texts that are too long or cannot be stored.
func (r Request) checkTexts(d *door) {
	if len(r.Tags) > MaxTags {
		d.Addf("/tags", "has %d tags, at most %d are allowed", len(r.Tags), MaxTags)
	}
	for i, tag := range r.Tags[:min(len(r.Tags), MaxTags)] {
		d.text(Pointer("tags", i), tag, 1, MaxText)
	}
	d.text("/initiator", r.Initiator, 0, MaxText)
	d.text("/source_system", r.SourceSystem, 0, MaxText)
	d.text("/reason", r.Reason, 0, MaxReason)
	d.text("/correlation_id", r.CorrelationID, 0, MaxText)
	d.text("/idempotency_key", r.IdempotencyKey, 0, MaxText)
}

// checkSkip notes names that cannot be those of steps. Whether there are such steps, and skippable ones, SQL says.
func (r Request) checkSkip(d *door) {
	at := d.at("skip")
	if len(r.Skip) > mostSteps {
		d.Addf(at, "names %d steps, at most %d are allowed", len(r.Skip), mostSteps)
		return
	}
	for i, name := range r.Skip {
		d.format(at+Pointer(i), name, nameFormat, "a step's name: a letter, then at most 127 letters, digits, _ or -")
	}
}

// context notes what keeps a context out of a task: it must be an object that everything downstream can hold.
func (d *door) context(raw jsonx.RawMessage) {
	pointer := d.at("context")
	var refused *jsonx.Error
	switch {
	case len(raw) > MaxPayloadBytes:
		d.Addf(pointer, "has %d bytes, at most %d are allowed: keep large values elsewhere and send a reference",
			len(raw), MaxPayloadBytes)
	case errors.As(jsonx.Check(raw), &refused):
		for _, p := range refused.Problems {
			d.Addf(pointer+p.Pointer, "%s", p.Message)
		}
	case bytes.TrimLeft(raw, " \n\r\t")[0] != '{':
		d.Addf(pointer, "is no object, expected one such as {\"order_id\": 7}")
	}
}
