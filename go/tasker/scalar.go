package tasker

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// longestNumber bounds the work that one number can cause; the longest double in decimal has 309 digits.
const longestNumber = 400

// The YAML 1.2 core schema: what an unquoted scalar means. `yes`, `1_000`, `1:30` and dates are plain text there.
var (
	coreInt   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	coreOctal = regexp.MustCompile(`^0o[0-7]+$`)
	coreHex   = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	coreFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	coreOther = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

var coreWords = map[string]node{
	"": {kind: kindNull}, "~": {kind: kindNull}, "null": {kind: kindNull}, "Null": {kind: kindNull}, "NULL": {kind: kindNull},
	"true": {kind: kindBool, flag: true}, "True": {kind: kindBool, flag: true}, "TRUE": {kind: kindBool, flag: true},
	"false": {kind: kindBool}, "False": {kind: kindBool}, "FALSE": {kind: kindBool},
}

// resolve gives what an unquoted scalar means. A number that JSON cannot hold is void, with the problem as its text.
func resolve(text string) node {
	if word, ok := coreWords[text]; ok {
		return word
	}
	if coreOther.MatchString(text) {
		return node{kind: kindVoid, text: `"` + text + `" is not a number that JSON can hold: quote it`}
	}
	if looksNumeric(text) {
		return numberNode(text)
	}
	return node{kind: kindString, text: text}
}

func looksNumeric(text string) bool {
	return coreInt.MatchString(text) || coreFloat.MatchString(text) || coreOctal.MatchString(text) || coreHex.MatchString(text)
}

func numberNode(text string) node {
	if len(text) > longestNumber {
		return node{kind: kindVoid, text: "the number is longer than 400 characters: quote it"}
	}
	if canonical, ok := canonicalNumber(text); ok {
		return node{kind: kindNumber, text: canonical}
	}
	return node{kind: kindVoid, text: "the number is larger than a double can hold: quote it"}
}

// canonicalNumber spells a number in the one way in which both languages write it, so that equal templates have equal
// digests: integers exactly, whole floats as integers, other floats as their shortest form.
func canonicalNumber(text string) (string, bool) {
	if whole, ok := wholeNumber(text); ok {
		return whole.String(), true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return "", false
	}
	return spellFloat(f), true
}

func wholeNumber(text string) (*big.Int, bool) {
	switch {
	case coreInt.MatchString(text):
		return new(big.Int).SetString(strings.TrimPrefix(text, "+"), 10)
	case coreOctal.MatchString(text):
		return new(big.Int).SetString(text[2:], 8)
	case coreHex.MatchString(text):
		return new(big.Int).SetString(text[2:], 16)
	}
	return nil, false
}

// spellFloat writes a double as Ruby's JSON does; PostgreSQL keeps trailing zeros of a jsonb number, so this is not taste.
func spellFloat(f float64) string {
	if f == math.Trunc(f) {
		whole, _ := big.NewFloat(f).Int(nil)
		return whole.String()
	}
	if math.Abs(f) >= 1e-4 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "e" + exponent
}
