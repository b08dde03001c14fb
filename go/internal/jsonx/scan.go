package jsonx

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// scanner walks once over a document, beside the shape that it should have.
type scanner struct {
	data     []byte
	at       int
	path     []token
	problems []Problem
}

// token is one step of the way to a value.
type token struct {
	key   string
	isKey bool
	index int // in an array
}

// scan gives nil, or an *Error with everything that was found.
func scan(data []byte, s *shape) error {
	sc := &scanner{data: data}
	if at := invalidUTF8(data); at >= 0 {
		return &Error{Problems: []Problem{{Message: fmt.Sprintf("is not valid UTF-8 at byte %d", at)}}}
	}
	if err := sc.document(s); err != nil || len(sc.problems) > 0 {
		return &Error{Problems: sc.problems}
	}
	return nil
}

// invalidUTF8 gives the place of the first byte that is not UTF-8, or -1.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// document is one value and nothing behind it.
func (sc *scanner) document(s *shape) error {
	sc.space()
	if sc.at == len(sc.data) {
		return sc.malformed("is empty, expected a JSON value")
	}
	if err := sc.value(s); err != nil {
		return err
	}
	sc.space()
	if sc.at < len(sc.data) {
		return sc.malformed("has something behind the JSON value at byte %d", sc.at)
	}
	return nil
}

// value reads any value and notes a problem if its kind is not what the shape takes.
func (sc *scanner) value(s *shape) error {
	switch c := sc.peek(); {
	case c == '{':
		return sc.object(sc.accept(s, "an object", kindObject, kindMap))
	case c == '[':
		return sc.list(sc.accept(s, "an array", kindList))
	case c == '"':
		return sc.textValue(sc.accept(s, "a string", kindText, kindTime))
	case c == '-' || c >= '0' && c <= '9':
		return sc.number(sc.accept(s, "a number", kindNumber, kindWhole))
	case c == 't' || c == 'f':
		sc.accept(s, "a boolean", kindFlag)
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(sc.data[sc.at:], []byte(word)) {
			sc.at += len(word)
			return nil
		}
	}
	return sc.syntax("a value")
}

// accept gives the shape to go on with: the given one if it takes this kind, else (with a problem noted) one that takes all.
func (sc *scanner) accept(s *shape, found string, kinds ...kind) *shape {
	if s.kind == kindAny {
		return anyShape
	}
	for _, k := range kinds {
		if s.kind == k {
			return s
		}
	}
	sc.note("is %s, expected %s", found, expected[s.kind])
	return anyShape
}

// textValue reads a string and, where a time is expected, its form.
func (sc *scanner) textValue(s *shape) error {
	text, err := sc.text()
	if err != nil || s.kind != kindTime {
		return err
	}
	if !isTime(unquote(text)) {
		sc.note("is no time, expected RFC 3339 such as 2026-03-01T12:00:00Z")
	}
	return sc.tooMany()
}

// isTime says whether a text is a time of RFC 3339. Go also takes an hour of one digit and a comma before the fraction.
func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil && text[len("2006-01-02T1")] != ':' && text[len("2006-01-02T15:04:05")] != ','
}

// number reads a number (RFC 8259 §6) and bounds what it may grow into.
func (sc *scanner) number(s *shape) error {
	start := sc.at
	sc.skip("-")
	if !sc.skip("0") && sc.digits() == 0 {
		return sc.syntax("a digit")
	}
	if sc.skip(".") && sc.digits() == 0 {
		return sc.syntax("a digit behind the point")
	}
	if err := sc.exponent(); err != nil {
		return err
	}
	if s.kind == kindWhole {
		sc.whole(string(sc.data[start:sc.at]), s)
	}
	return sc.tooMany()
}

// exponent reads the optional power of ten.
func (sc *scanner) exponent() error {
	if !sc.skip("eE") {
		return nil
	}
	sc.skip("+-")
	start := sc.at
	if sc.digits() == 0 {
		return sc.syntax("a digit of the exponent")
	}
	if n, err := strconv.Atoi(string(sc.data[start:sc.at])); err != nil || n > MaxExponent {
		sc.note("has an exponent beyond %d, send such a number as a string", MaxExponent)
	}
	return nil
}

// whole notes a problem unless the number is an integer that fits.
func (sc *scanner) whole(number string, s *shape) {
	var err error
	if s.signed {
		_, err = strconv.ParseInt(number, 10, s.bits)
	} else {
		_, err = strconv.ParseUint(number, 10, s.bits)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		sc.note("is %s, which is out of range", brief(number))
	case err != nil:
		sc.note("is %s, expected a whole number", brief(number))
	}
}

// digits skips decimal digits and counts them.
func (sc *scanner) digits() int {
	start := sc.at
	for sc.peek() >= '0' && sc.peek() <= '9' {
		sc.at++
	}
	return sc.at - start
}

// skip steps over one byte if it is one of the given ones.
func (sc *scanner) skip(anyOf string) bool {
	c := sc.peek()
	if c == 0 || strings.IndexByte(anyOf, c) < 0 {
		return false
	}
	sc.at++
	return true
}

// peek gives the next byte, or 0 at the end; a NUL in the input is no JSON anywhere outside of a string.
func (sc *scanner) peek() byte {
	if sc.at == len(sc.data) {
		return 0
	}
	return sc.data[sc.at]
}

// space steps over JSON's four kinds of white space.
func (sc *scanner) space() {
	for sc.skip(" \n\r\t") {
	}
}
