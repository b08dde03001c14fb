package tasker

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
)

// Protocol is the version of the messages between orchestrator and workers.
const Protocol = 1

// MaxPayloadBytes bounds what users put into the system in one piece: a context, or the results of one step.
const MaxPayloadBytes = 1 << 20

// maxResultBytes leaves room around the results for the error, its backtrace and the advice, and for jsonb's white space.
const maxResultBytes = 4 * MaxPayloadBytes

// The bounds of the events of one result. Together their payloads may have MaxPayloadBytes.
const (
	MaxEvents    = 100
	MaxEventName = 128 // characters
)

// Status is how an attempt ended, in the words of its worker.
type Status string

// The five answers. What becomes of the step is not the worker's to decide: see Decide.
const (
	StatusSuccess   Status = "success"
	StatusFailed    Status = "failed"
	StatusSkipped   Status = "skipped"
	StatusTimedOut  Status = "timed_out"
	StatusCancelled Status = "cancelled"
)

var statuses = []string{"success", "failed", "skipped", "timed_out", "cancelled"}

// Result is what a worker sends back for one attempt of a step. Protocol, StepID, TaskID, Attempt and Status are always
// there; a worker leaves out of the rest what it does not know.
type Result struct {
	Protocol        int              `json:"protocol"`
	StepID          int64            `json:"step_id"`
	TaskID          string           `json:"task_id"`
	Attempt         int              `json:"attempt"` // the fence: only the step's current attempt counts
	Status          Status           `json:"status"`
	Results         jsonx.RawMessage `json:"results"` // any JSON, as the handler gave it; the children see it
	Error           *ResultError     `json:"error"`   // why it failed; without one a failure is unknown and retryable
	ExecutionTimeMS float64          `json:"execution_time_ms"`
	Advice          *Advice          `json:"orchestration_metadata"`
	Worker          *Worker          `json:"worker"`
	StartedAt       *time.Time       `json:"started_at"`
	CompletedAt     *time.Time       `json:"completed_at"`
}

// ResultError is a failure as the worker met it.
type ResultError struct {
	Type      string   `json:"error_type"`
	Message   string   `json:"message"`
	Retryable *bool    `json:"retryable"` // nil counts as true: nothing says that trying again is useless
	Code      *string  `json:"error_code"`
	Backtrace []string `json:"backtrace"`
}

// Advice is what a handler wants the orchestrator to know.
type Advice struct {
	Headers      map[string]any   `json:"headers"` // of a response the handler got: strings or numbers by name, in any capitals
	BackoffHint  *BackoffHint     `json:"backoff_hint"`
	ErrorContext jsonx.RawMessage `json:"error_context"`
	Custom       jsonx.RawMessage `json:"custom"`
	Events       []Emitted        `json:"events"` // written down if the result counts
}

// Emitted is an event that a handler told of while it ran.
type Emitted struct {
	Name    string           `json:"name"`
	Payload jsonx.RawMessage `json:"payload"` // an object; {} when empty
}

// BackoffHint is the worker's explicit wish for when to try again.
type BackoffHint struct {
	DelaySeconds *float64 `json:"delay_seconds"`
	Type         string   `json:"type"` // why, in the worker's words; recorded, never judged
}

// Worker says who ran the attempt.
type Worker struct {
	ID   string `json:"id"`
	Host string `json:"host"`
	PID  int64  `json:"pid"`
}

// DecodeResult decodes a result strictly, from any worker in any language. It refuses with an *Error that points at
// every problem; a result that merely says little is taken.
func DecodeResult(raw []byte) (Result, error) {
	const subject = "result refused"
	if err := tooLarge(subject, raw, maxResultBytes); err != nil {
		return Result{}, err
	}
	var r Result
	if err := DecodeStrict(subject, raw, &r); err != nil {
		return Result{}, err
	}
	if err := r.Check(); err != nil {
		return Result{}, err
	}
	r.TaskID = strings.ToLower(r.TaskID) // one task, one spelling: PostgreSQL writes small letters
	return r, nil
}

// RefusedResult gives what stands in for a result that DecodeResult refused: a failure for good, with the refusal as its
// error, so that the step does not wait for an answer that came and could not be read. It gives false when the message
// does not even say which attempt of which step it answers, be it in numbers written as texts: a worker that does so
// would else be sent the same step for ever.
func RefusedResult(raw []byte, refusal error) (Result, bool) {
	var answered struct {
		StepID  number `json:"step_id"`
		TaskID  string `json:"task_id"`
		Attempt number `json:"attempt"`
	}
	if jsonx.Unmarshal(raw, &answered) != nil || answered.Attempt > math.MaxInt32 {
		return Result{}, false
	}
	final := false
	r := Result{Protocol: Protocol, StepID: int64(answered.StepID), TaskID: strings.ToLower(answered.TaskID), Attempt: int(answered.Attempt),
		Status: StatusFailed, Error: &ResultError{Type: "InvalidResult", Message: refusal.Error(), Retryable: &final}}
	return r, r.Check() == nil
}

// number is a whole number however a careless worker writes it: 1, "1" or 1.0.
type number int64

// UnmarshalJSON takes what leaves no doubt about the number.
func (n *number) UnmarshalJSON(raw []byte) error {
	digits := numberFormat.FindSubmatch(raw)
	if digits == nil {
		return errNoNumber
	}
	parsed, err := strconv.ParseInt(string(digits[1]), 10, 64)
	*n = number(parsed)
	return err
}

var (
	numberFormat = regexp.MustCompile(`^"?([1-9][0-9]*)(?:\.0+)?"?$`)
	errNoNumber  = errors.New("is no whole number")
)

// Encode gives the result as JSON with all keys, or the *Error with which DecodeResult would refuse it.
func (r Result) Encode() ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return jsonx.Marshal(r)
}

// Check gives nil or an *Error with every problem of the result.
func (r Result) Check() error {
	var p Problems
	p.protocol(r.Protocol)
	p.positive("/step_id", r.StepID, math.MaxInt64)
	p.positive("/attempt", int64(r.Attempt), math.MaxInt32)
	p.format("/task_id", r.TaskID, uuidFormat, "the task's UUID")
	r.Status.check(&p)
	if len(r.Results) > MaxPayloadBytes && jsonx.CompactSize(r.Results) > MaxPayloadBytes {
		p.Addf("/results", "has %d bytes, at most %d are allowed: keep large values elsewhere and return a reference",
			jsonx.CompactSize(r.Results), MaxPayloadBytes)
	}
	if !finite(r.ExecutionTimeMS) {
		p.Addf("/execution_time_ms", "is %v, expected milliseconds of 0 or more", r.ExecutionTimeMS)
	}
	r.Advice.check(&p)
	return p.Err("result refused")
}

// check notes a status that is not among the five.
func (s Status) check(p *Problems) {
	expected := "expected one of " + strings.Join(statuses, ", ")
	switch word := string(s); {
	case word == "":
		p.Addf("/status", "is missing, %s", expected)
	case !slices.Contains(statuses, word):
		p.Addf("/status", "is %s, %s%s", quote(word), expected, suggest(strings.ToLower(word), statuses, ""))
	}
}

// check notes what is wrong with advice; none is none.
func (a *Advice) check(p *Problems) {
	if a == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		if _, ok := headerText(a.Headers[name]); !ok {
			p.Addf(Pointer("orchestration_metadata", "headers", name), "is neither a string nor a number")
		}
	}
	if hint := a.BackoffHint; hint != nil && (hint.DelaySeconds == nil || !finite(*hint.DelaySeconds)) {
		p.Addf("/orchestration_metadata/backoff_hint/delay_seconds", "is missing or negative, expected seconds of 0 or more")
	}
	p.events(a.Events)
}

// events notes events that cannot be kept.
func (p *Problems) events(all []Emitted) {
	const at = "/orchestration_metadata/events"
	if len(all) > MaxEvents {
		p.Addf(at, "has %d events, at most %d are allowed", len(all), MaxEvents)
		return
	}
	size := 0
	for i, e := range all {
		p.text(at+Pointer(i, "name"), e.Name, 1, MaxEventName)
		if !absent(e.Payload) && bytes.TrimLeft(e.Payload, " \n\r\t")[0] != '{' {
			p.Addf(at+Pointer(i, "payload"), "is no object, expected one such as {\"order_id\": 7}")
		}
		size += jsonx.CompactSize(e.Payload)
	}
	if size > MaxPayloadBytes {
		p.Addf(at, "has payloads of %d bytes together, at most %d are allowed: keep large values elsewhere and send a reference",
			size, MaxPayloadBytes)
	}
}

// protocol notes a version that is not ours.
func (p *Problems) protocol(version int) {
	switch version {
	case Protocol:
	case 0:
		p.Addf("/protocol", "is missing, expected %d", Protocol)
	default:
		p.Addf("/protocol", "is %d, expected %d", version, Protocol)
	}
}

// positive notes a number that no row can have.
func (p *Problems) positive(pointer string, n, most int64) {
	switch {
	case n == 0:
		p.Addf(pointer, "is missing or 0, expected 1 or more")
	case n < 0 || n > most:
		p.Addf(pointer, "is %d, expected 1 to %d", n, most)
	}
}

// finite says whether a number can be an amount of time.
func finite(n float64) bool { return n >= 0 && !math.IsInf(n, 1) }

// headerText gives a header's value as text; Retry-After is often sent as a number.
func headerText(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	}
	return "", false
}

// RetryAfter gives the Retry-After header that came with the result, whatever its capitals, or an empty text. Of two
// spellings the first in the order of their bytes counts, so that the answer is always the same.
func (r Result) RetryAfter() string {
	if r.Advice == nil {
		return ""
	}
	found, text := "", ""
	for name, value := range r.Advice.Headers {
		if strings.EqualFold(name, "Retry-After") && (found == "" || name < found) {
			found = name
			text, _ = headerText(value)
		}
	}
	return text
}

// Hint gives the worker's wish for when to try again, in seconds, or nil.
func (r Result) Hint() *float64 {
	if r.Advice == nil || r.Advice.BackoffHint == nil {
		return nil
	}
	return r.Advice.BackoffHint.DelaySeconds
}
