package tasker

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// deepestDefault is how far ${A:-${B:-…}} may nest.
const deepestDefault = 10

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)

	unclosed = `has a "${" that cannot be read: write ${NAME}, ${NAME:-default}, or $${ for a literal ${`
)

// substitution is what became of a text with variables in it: either text, or a problem.
type substitution struct {
	text    string
	problem string
	unset   bool // the problem is only that a variable is missing
}

// substitute replaces ${NAME} and ${NAME:-default}; the default serves when the variable is missing or empty. $${ is a
// literal ${. What comes out is text: it is never read as YAML again.
func substitute(text string, variables map[string]string, depth int) substitution {
	if depth > deepestDefault {
		return substitution{problem: "defaults nest deeper than 10 levels"}
	}
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return substitution{text: b.String()}
		}
		if i > 0 && text[i-1] == '$' {
			b.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		value, rest := reference(text[i+2:], variables, depth)
		if value.problem != "" {
			return value
		}
		b.WriteString(text[:i] + value.text)
		if text = rest; b.Len() > mostText {
			return substitution{problem: "grows beyond 4 MiB by its variables"}
		}
	}
}

// reference reads what stands after "${" and gives its value and the text behind the closing brace.
func reference(text string, variables map[string]string, depth int) (substitution, string) {
	name := variableName.FindString(text)
	rest := text[len(name):]
	switch {
	case name != "" && strings.HasPrefix(rest, "}"):
		value, ok := variables[name]
		return variable(name, value, ok), rest[1:]
	case name != "" && strings.HasPrefix(rest, ":-"):
		end := closing(rest[2:])
		if end < 0 {
			return substitution{problem: unclosed}, ""
		}
		return orDefault(name, rest[2:2+end], variables, depth), rest[2+end+1:]
	}
	return substitution{problem: unclosed}, ""
}

func orDefault(name, fallback string, variables map[string]string, depth int) substitution {
	if value := variables[name]; value != "" {
		return variable(name, value, true)
	}
	return substitute(fallback, variables, depth+1)
}

func variable(name, value string, set bool) substitution {
	switch {
	case !set:
		return substitution{unset: true, problem: `variable "` + name + `" is not set: set it, or write ${` + name + `:-default}`}
	case !utf8.ValidString(value):
		return substitution{problem: `variable "` + name + `" is not valid UTF-8`}
	}
	return substitution{text: value}
}

// closing gives the place of the brace that closes a default, -1 when there is none.
func closing(text string) int {
	open := 1
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "$${"):
			i += 2
		case strings.HasPrefix(text[i:], "${"):
			open++
			i++
		case text[i] == '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}
