package tasker

import (
	"errors"
	"regexp"
	"time"
)

// format is a rule for texts that a schema can name.
type format func(text string) bool

// formats are the formats that are checked, the same in every language of ours; all others say something to people only.
var formats = map[string]format{
	"date":      isDate,
	"time":      clockTime.MatchString,
	"date-time": isDateTime,
	"email":     regexp.MustCompile(`^[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$`).MatchString,
	"ipv4":      regexp.MustCompile(`^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.|$)){4}$`).MatchString,
	"uri":       regexp.MustCompile("^[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>\"{}|\\\\^`]*$").MatchString,
	"uuid":      regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString,
}

var (
	clockTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$`)

	errFormat = errors.New("does not fit its format")
)

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// isDateTime holds RFC 3339 up: a date, a T, a time with its offset.
func isDateTime(text string) bool {
	return len(text) > 11 && isDate(text[:10]) && (text[10] == 'T' || text[10] == 't') && clockTime.MatchString(text[11:])
}

// momentFormat is the form of a time with its zone, as tasker.is_time has it in SQL.
var momentFormat = regexp.MustCompile(
	`^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$`)

// isMoment says whether a text means one and the same moment everywhere: ISO 8601, with its zone. PostgreSQL knows no year 0.
func isMoment(text string) bool {
	return momentFormat.MatchString(text) && isDate(text[:10]) && text[:4] != "0000"
}

func (f format) validate(value any) error {
	if text, ok := value.(string); ok && !f(text) {
		return errFormat
	}
	return nil
}
