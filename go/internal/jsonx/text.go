package jsonx

import (
	"bytes"
	"strconv"
	"unicode/utf16"

	goccy "github.com/goccy/go-json"
)

// text reads a string and gives it as it stands, quotes and escapes included.
func (sc *scanner) text() ([]byte, error) {
	start := sc.at
	sc.at++
	for sc.at < len(sc.data) {
		switch c := sc.data[sc.at]; {
		case c == '"':
			sc.at++
			return sc.data[start:sc.at], nil
		case c == '\\':
			if err := sc.escape(); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, sc.malformed("has a bare control character in a string at byte %d, expected an escape", sc.at)
		default:
			sc.at++
		}
	}
	return nil, sc.malformed("ends inside a string")
}

// escape steps over one escape sequence (RFC 8259 §7).
func (sc *scanner) escape() error {
	sc.at++
	if sc.skip(`"\/bfnrt`) {
		return nil
	}
	first, ok := sc.codeUnit()
	if !ok {
		return sc.syntax("a known escape")
	}
	if first == 0 {
		sc.note(`contains \u0000, which PostgreSQL cannot store`)
	}
	if utf16.IsSurrogate(first) && !sc.lowHalf(first) {
		sc.note("contains half of a surrogate pair")
	}
	return nil
}

// lowHalf steps over the escape that completes a surrogate pair, if it is there.
func (sc *scanner) lowHalf(high rune) bool {
	back := sc.at
	if sc.skip(`\`) {
		if low, ok := sc.codeUnit(); ok && utf16.DecodeRune(high, low) != '\uFFFD' {
			return true
		}
	}
	sc.at = back
	return false
}

// codeUnit reads the u and the four digits of an escape.
func (sc *scanner) codeUnit() (rune, bool) {
	if len(sc.data)-sc.at < 5 || sc.data[sc.at] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(sc.data[sc.at+1:sc.at+5]), 16, 16)
	if err != nil {
		return 0, false
	}
	sc.at += 5
	return rune(n), true
}

// unquote gives what a scanned string means.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if err := goccy.Unmarshal(quoted, &s); err != nil {
		return string(quoted) // only half a surrogate pair, which is noted as a problem already
	}
	return s
}
