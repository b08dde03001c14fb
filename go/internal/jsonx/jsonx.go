// Package jsonx is the one door to JSON: the only place that knows which library encodes and decodes it.
//
// Marshal and Unmarshal do what encoding/json does, only faster, and a differential test holds them to that. DecodeStrict
// is for what strangers send. It reads the input twice: first a scan against the Go type, which finds everything that is
// wrong and points at it; only then, and only if nothing is, the decoding itself. So the fast library never sees input
// that is not JSON, and a sender learns every mistake at once.
//
// What the scan refuses beyond malformed JSON, because something downstream would silently change or drop it:
//
//   - keys the type does not know (compared exactly; encoding/json also takes other capitals)
//   - a key given twice in one object, at any depth: jsonb keeps only the last
//   - invalid UTF-8 and halves of surrogate pairs, which Go would replace
//   - U+0000, which PostgreSQL cannot hold in jsonb or text
//   - numbers with an exponent beyond MaxExponent: jsonb writes them out, digit by digit
//   - nesting beyond MaxDepth
package jsonx

import (
	"encoding/json"
	"strings"

	goccy "github.com/goccy/go-json"
)

// MaxDepth is how deep arrays and objects may be nested. The Ruby worker stops what handlers return at 100 levels, and
// that lies a few levels deeper inside a result, so what it lets through is always taken here.
const MaxDepth = 128

// MaxExponent bounds the power of ten of a number in either direction; no float64 needs more.
const MaxExponent = 400

// MaxProblems is how many problems one scan reports before it gives up on the input.
const MaxProblems = 20

// RawMessage is JSON kept as it came. It is the type of encoding/json, so that callers need not know this package.
type RawMessage = json.RawMessage

// Problem is one thing that is wrong with an input.
type Problem struct {
	Pointer string   // JSON pointer (RFC 6901) to the place; empty means the whole input
	Message string   // what is wrong and what is expected
	Key     string   // the key, when the problem is that nobody knows it
	Known   []string // the keys that are known there, sorted
}

// Error is a refused input with everything that was found.
type Error struct {
	Problems []Problem
}

// Error gives all problems in one line.
func (e *Error) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = strings.TrimPrefix(p.Pointer+": "+p.Message, ": ")
	}
	return strings.Join(parts, "; ")
}

// Marshal gives the JSON of a value. Unlike encoding/json it leaves <, > and & alone: nothing here is HTML.
// It fails on what JSON cannot hold: channels, functions, infinities, cycles.
func Marshal(v any) ([]byte, error) {
	return goccy.MarshalWithOption(v, goccy.DisableHTMLEscape())
}

// Unmarshal decodes JSON of our own making into v, a pointer. Strangers' input goes through DecodeStrict.
func Unmarshal(data []byte, v any) error {
	return goccy.Unmarshal(data, v)
}

// DecodeStrict decodes one JSON value into v, a pointer, and refuses with an *Error whatever v has no room for.
// A null leaves its field as it was, as in encoding/json.
func DecodeStrict(data []byte, v any) error {
	if err := scan(data, shapeOf(v)); err != nil {
		return err
	}
	if err := goccy.Unmarshal(data, v); err != nil {
		return &Error{Problems: []Problem{{Message: err.Error()}}}
	}
	return nil
}

// Check says, without decoding, whether data is one JSON value that passes unharmed through Go and PostgreSQL.
// It gives nil or an *Error.
func Check(data []byte) error {
	return scan(data, anyShape)
}

// CompactSize gives how many bytes valid JSON has without the white space between its parts, which jsonb adds as it likes.
func CompactSize(data []byte) int {
	size, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			inText = !inText
		case c == '\\':
			i++ // an escape is in a text, and what follows closes nothing
			size++
		case !inText && c <= ' ':
			size--
		}
		size++
	}
	return size
}
