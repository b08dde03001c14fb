package tasker

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The shapes a backoff can have.
const (
	BackoffExponential = "exponential" // doubles with every failure
	BackoffLinear      = "linear"      // grows by the base with every failure
	BackoffFixed       = "fixed"       // stays at the base
)

// DefaultMaxHint is how far a worker's hint or a Retry-After is followed when nothing else is configured.
const DefaultMaxHint = 24 * time.Hour

// longestWait keeps every delay far from the limits of time.Duration and of an interval.
const longestWait = 10 * 365 * 24 * time.Hour

// Backoff says how long a step waits after a failure when nobody gave a better answer.
type Backoff struct {
	Strategy    string  `json:"strategy"`     // exponential, linear or fixed
	BaseSeconds float64 `json:"base_seconds"` // the delay after the first failure
	MaxSeconds  float64 `json:"max_seconds"`  // the cap; jitter never exceeds it
	Jitter      float64 `json:"jitter"`       // 0..1: the part of the delay that chance may take away
}

// Failure is what is known when the next attempt is planned.
type Failure struct {
	Count      int           // failures so far, this one included; 1 is the first
	Hint       *float64      // the worker's explicit wish in seconds; nil when it has none
	RetryAfter string        // the Retry-After header that the worker met; empty when none
	Now        time.Time     // what a date in RetryAfter is compared with
	Random     float64       // a number in [0,1): the dice of the jitter
	MaxHint    time.Duration // how far Hint and RetryAfter are followed; 0 means DefaultMaxHint
}

// DelaySource names who decided a delay.
type DelaySource string

// The three who may decide, in the order in which they are asked.
const (
	DelayFromHint       DelaySource = "hint"
	DelayFromRetryAfter DelaySource = "retry_after"
	DelayFromBackoff    DelaySource = "backoff"
)

// Delay gives how long a step waits before its next attempt and who decided that: the worker's hint, else Retry-After,
// else the backoff. The first two are followed to the second, up to the maximum; only the backoff knows chance.
func (b Backoff) Delay(f Failure) (time.Duration, DelaySource) {
	most := f.MaxHint
	if most <= 0 {
		most = DefaultMaxHint
	}
	if wait, ok := hintedWait(f.Hint); ok {
		return min(wait, most), DelayFromHint
	}
	if wait, ok := ParseRetryAfter(f.RetryAfter, f.Now); ok {
		return min(wait, most), DelayFromRetryAfter
	}
	return inSeconds(b.jittered(b.growth(f.Count), f.Random)), DelayFromBackoff
}

// growth is the delay before chance: base·2^(n-1), base·n or base for the nth failure, and never more than the cap.
// A count of 10,000 makes the first of them infinite, which the cap brings back.
func (b Backoff) growth(failures int) float64 {
	n := max(failures, 1)
	delay := b.BaseSeconds
	switch b.Strategy {
	case BackoffFixed:
	case BackoffLinear:
		delay *= float64(n)
	default:
		delay = math.Ldexp(delay, n-1)
	}
	return min(delay, b.MaxSeconds)
}

// jittered takes away up to the jitter's part. It only ever shortens, so that the cap stays a cap.
func (b Backoff) jittered(delay, random float64) float64 {
	part := min(max(b.Jitter, 0), 1) * min(max(random, 0), 1)
	return delay * (1 - part)
}

// hintedWait gives the worker's wish; one that is negative or no number is none.
func hintedWait(seconds *float64) (time.Duration, bool) {
	if seconds == nil || math.IsNaN(*seconds) || *seconds < 0 {
		return 0, false
	}
	return inSeconds(*seconds), true
}

// httpDates are the three forms of an HTTP date (RFC 9110 §5.6.7): today's, and two that old servers still send.
var httpDates = []string{
	"Mon, 02 Jan 2006 15:04:05 GMT",
	"Monday, 02-Jan-06 15:04:05 GMT",
	time.ANSIC,
}

// ParseRetryAfter reads a Retry-After header (RFC 9110 §10.2.3): whole seconds, or a date that is compared with now.
// It gives false for an empty value, a date that has passed and anything that is neither.
func ParseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if isDigits(value) {
		seconds, err := strconv.ParseFloat(value, 64) // a float, so that absurd numbers end at the maximum and not at an error
		return inSeconds(seconds), err == nil || math.IsInf(seconds, 1)
	}
	for _, layout := range httpDates {
		if at, err := time.ParseInLocation(layout, value, time.UTC); err == nil {
			return min(at.Sub(now), longestWait), at.After(now)
		}
	}
	return 0, false
}

// isDigits says whether a text is made of decimal digits alone, which is stricter than what strconv reads.
func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// inSeconds turns seconds into a duration between nothing and longestWait; what is no number is nothing.
func inSeconds(seconds float64) time.Duration {
	if !(seconds > 0) {
		return 0
	}
	if seconds >= longestWait.Seconds() {
		return longestWait
	}
	return time.Duration(seconds * float64(time.Second))
}
