package tasker

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
)

// uuidFormat is the canonical form of RFC 9562; PostgreSQL takes other spellings, messages do not.
var uuidFormat = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// DecodeStrict decodes one JSON document into v. What v has no room for comes back as one *Error with every problem;
// a key that nobody knows comes with the known one that is nearest.
func DecodeStrict(subject string, raw []byte, v any) error {
	err := jsonx.DecodeStrict(raw, v)
	var refused *jsonx.Error
	if !errors.As(err, &refused) {
		return err
	}
	var problems Problems
	for _, p := range refused.Problems {
		message := p.Message
		if p.Key != "" {
			message += suggest(p.Key, p.Known, "")
		}
		problems.Addf(p.Pointer, "%s", message)
	}
	return problems.Err(subject)
}

// tooLarge gives an *Error when an input has more bytes than it may.
func tooLarge(subject string, raw []byte, most int) error {
	if len(raw) <= most {
		return nil
	}
	return Invalidf("%s: %d bytes are more than the %d allowed", subject, len(raw), most)
}

// text notes a problem unless a text fits: at most so many characters, all of which PostgreSQL can store.
func (p *Problems) text(pointer, value string, least, most int) {
	switch n := utf8.RuneCountInString(value); {
	case !utf8.ValidString(value):
		p.Addf(pointer, "is not valid UTF-8")
	case strings.ContainsRune(value, 0):
		p.Addf(pointer, `contains \u0000, which PostgreSQL cannot store`)
	case n < least:
		p.Addf(pointer, "is empty, expected %d to %d characters", least, most)
	case n > most:
		p.Addf(pointer, "has %d characters, at most %d are allowed", n, most)
	}
}

// format notes a problem unless a text has the form that a word for it describes.
func (p *Problems) format(pointer, value string, form *regexp.Regexp, expected string) {
	switch {
	case value == "":
		p.Addf(pointer, "is missing, expected %s", expected)
	case !form.MatchString(value):
		p.Addf(pointer, "is %s, expected %s", quote(value), expected)
	}
}
