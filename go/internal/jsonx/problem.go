package jsonx

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errGiveUp ends a scan early: the input is no JSON, or enough problems were found.
var errGiveUp = errors.New("give up")

// longestQuote bounds what a problem repeats of the input, in bytes; input may be a megabyte of key.
const longestQuote = 80

// note adds a problem at the place where the scanner stands.
func (sc *scanner) note(format string, values ...any) {
	sc.problems = append(sc.problems, Problem{Pointer: sc.pointer(), Message: fmt.Sprintf(format, values...)})
}

// tooMany ends the scan when enough problems were found.
func (sc *scanner) tooMany() error {
	if len(sc.problems) >= MaxProblems {
		return errGiveUp
	}
	return nil
}

// malformed reports what makes the whole input unreadable; what was noted before is true but beside the point.
func (sc *scanner) malformed(format string, values ...any) error {
	sc.problems = []Problem{{Message: fmt.Sprintf(format, values...)}}
	return errGiveUp
}

// syntax reports that something else was expected here.
func (sc *scanner) syntax(wanted string) error {
	if sc.at >= len(sc.data) {
		return sc.malformed("ends too early, expected %s", wanted)
	}
	return sc.malformed("is not valid JSON at byte %d, expected %s", sc.at, wanted)
}

// pointer writes the way to the current value as a JSON pointer (RFC 6901 §3).
func (sc *scanner) pointer() string {
	var b strings.Builder
	for _, t := range sc.path {
		b.WriteByte('/')
		if t.isKey {
			b.WriteString(escapeToken.Replace(brief(t.key)))
		} else {
			b.WriteString(strconv.Itoa(t.index))
		}
	}
	return b.String()
}

var escapeToken = strings.NewReplacer("~", "~0", "/", "~1")

// brief shortens what is quoted from the input, at the border of a character.
func brief(s string) string {
	if len(s) <= longestQuote {
		return s
	}
	return strings.ToValidUTF8(s[:longestQuote], "") + "…"
}
