package tasker

import (
	"fmt"
	"strings"
)

// Code says what kind of refusal an Error is, so that a caller can branch on it.
type Code string

// The kinds of refusal. SQL functions raise the same four as SQLSTATE TK400, TK404, TK409 and TK422.
const (
	CodeInvalid  Code = "invalid"   // the input breaks a rule; sending it again cannot help
	CodeNotFound Code = "not_found" // something the input names does not exist
	CodeConflict Code = "conflict"  // what stands already contradicts the input
	CodeRefused  Code = "refused"   // a task or a step cannot be moved so from where it stands
)

// Detail is one problem of an input: where it is and what to do about it.
type Detail struct {
	Pointer string `json:"pointer"` // JSON pointer (RFC 6901) into the input; empty means the whole of it
	Message string `json:"message"`
}

// Standing is where a task or a step stands, and what can be done with it from there.
type Standing struct {
	State   string   `json:"state"`
	Allowed []string `json:"allowed"`
}

// Error is bad input or a refused request: what is wrong, where, and the remedy.
type Error struct {
	Code      Code     `json:"code"`
	Message   string   `json:"message"`
	Details   []Detail `json:"details,omitempty"`
	*Standing          // with CodeRefused only
}

// Error gives the message, then every detail with the place it points at.
func (e *Error) Error() string {
	if len(e.Details) == 0 {
		return e.Message
	}
	parts := make([]string, len(e.Details))
	for i, d := range e.Details {
		parts[i] = d.String()
	}
	return e.Message + ": " + strings.Join(parts, "; ")
}

// String gives the pointer and the message, or the message alone where the whole input is meant.
func (d Detail) String() string {
	if d.Pointer == "" {
		return d.Message
	}
	return d.Pointer + ": " + d.Message
}

// Invalidf gives an Error with CodeInvalid that concerns the whole input.
func Invalidf(format string, values ...any) *Error {
	return &Error{Code: CodeInvalid, Message: fmt.Sprintf(format, values...)}
}

// NotFoundf gives an Error with CodeNotFound.
func NotFoundf(format string, values ...any) *Error {
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf(format, values...)}
}

// Problems collects what is wrong with one input, so that its sender learns everything at once.
// The zero value is ready for use.
type Problems struct {
	details []Detail
}

// Addf notes one problem at a JSON pointer; the text says what is expected.
func (p *Problems) Addf(pointer, format string, values ...any) {
	p.details = append(p.details, Detail{Pointer: pointer, Message: fmt.Sprintf(format, values...)})
}

// Err gives nil when nothing was noted, else an *Error with CodeInvalid, the subject as its message and every problem.
func (p *Problems) Err(subject string) error {
	if len(p.details) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Message: subject, Details: p.details}
}

// Pointer builds a JSON pointer (RFC 6901 §3) from the keys and indexes on the way to a value.
func Pointer(tokens ...any) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(escape.Replace(fmt.Sprint(token)))
	}
	return b.String()
}
