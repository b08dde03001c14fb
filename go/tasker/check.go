package tasker

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The bounds of a template.
const (
	mostSteps    = 1000
	mostAttempts = 1000
	mostSeconds  = 10 * 365 * 24 * 3600 // longer than this is a mistake, and far from what an interval can hold
)

var (
	namespaceFormat = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	nameFormat      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,127}$`)
	versionFormat   = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
)

const tooManySteps = "has %d steps: at most %d are allowed"

const nameRule = `must start with a letter and go on with letters, digits, "_" and "-", at most 128 characters`

// Check holds a template in normal form against every rule and gives one *Error (CodeInvalid) with all problems, or nil.
func (t Template) Check() error {
	p := &Problems{details: t.problems()}
	return p.Err(templateSubject)
}

// problems gives what is wrong with the template, at JSON pointers into its normal form.
func (t Template) problems() []Detail {
	p := &Problems{}
	checkText(p, "/namespace", t.Namespace, namespaceFormat, `must start with a lower-case letter and go on with lower-case letters, digits and "_", at most 40 characters`)
	checkText(p, "/name", t.Name, nameFormat, nameRule)
	checkText(p, "/version", t.Version, versionFormat, `must be three numbers like "1.0.0"`)
	if t.Schema != nil {
		p.details = append(p.details, schemaProblems(t.Schema)...)
	}
	t.Identity.filled().check(p)
	if len(t.Steps) > mostSteps {
		p.Addf("/steps", tooManySteps, len(t.Steps), mostSteps)
		return p.details
	}
	for i, step := range t.Steps {
		step.check(p, Pointer("steps", i))
	}
	t.checkGraph(p)
	return p.details
}

func checkText(p *Problems, pointer, text string, format *regexp.Regexp, rule string) {
	switch {
	case text == "":
		p.Addf(pointer, "is required")
	case !format.MatchString(text):
		p.Addf(pointer, "%s %s", quote(text), rule)
	}
}

func (s Step) check(p *Problems, at string) {
	checkText(p, at+"/name", s.Name, nameFormat, nameRule)
	switch length := utf8.RuneCountInString(s.HandlerClass); {
	case strings.TrimSpace(s.HandlerClass) == "":
		p.Addf(at+"/handler_class", "is required: name the class that runs the step")
	case length > 255:
		p.Addf(at+"/handler_class", "must be at most 255 characters long")
	}
	if s.MaxAttempts < 0 || s.MaxAttempts > mostAttempts {
		p.Addf(at+"/max_attempts", "must be between 0 and %d", mostAttempts)
	}
	if s.Timeout != nil && !(*s.Timeout > 0 && *s.Timeout <= mostSeconds) {
		p.Addf(at+"/timeout_seconds", "must be greater than 0 and at most %d", mostSeconds)
	}
	checkBackoff(p, at+"/backoff", s.Backoff)
	if s.Config != nil && !strings.HasPrefix(string(s.Config), "{") {
		p.Addf(at+"/config", "must be a mapping")
	}
}

func checkBackoff(p *Problems, at string, b Backoff) {
	switch b.Strategy {
	case BackoffExponential, BackoffLinear, BackoffFixed:
	default:
		p.Addf(at+"/strategy", "%s must be exponential, linear or fixed", quote(b.Strategy))
	}
	bounds := fmt.Sprintf("must be between 0 and %d", mostSeconds)
	base, most := withinSeconds(b.BaseSeconds), withinSeconds(b.MaxSeconds)
	if !base {
		p.Addf(at+"/base_seconds", "%s", bounds)
	}
	if !most {
		p.Addf(at+"/max_seconds", "%s", bounds)
	}
	if base && most && b.BaseSeconds > b.MaxSeconds {
		p.Addf(at+"/base_seconds", "must not be greater than max_seconds (%s)", spellFloat(b.MaxSeconds))
	}
	if !(b.Jitter >= 0 && b.Jitter <= 1) {
		p.Addf(at+"/jitter", "must be between 0 and 1")
	}
}

func withinSeconds(f float64) bool { return f >= 0 && f <= mostSeconds }
