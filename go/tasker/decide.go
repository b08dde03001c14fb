package tasker

import (
	"fmt"
	"time"
)

// StepSnapshot is a step as the database holds it when a result arrives, with the rules its template gave it.
type StepSnapshot struct {
	State       StepState
	Attempt     int  // the current one; a result for any other is stale
	Failures    int  // answered failures so far
	MaxAttempts int  // how often it may run, the first run included; the first always happens, so 0 means 1
	Retryable   bool // whether the template allows a second run at all
	Skippable   bool // whether a worker may pass it over
	Backoff     Backoff
	MaxHint     time.Duration // how far a hint or a Retry-After is followed; 0 means DefaultMaxHint
}

// Outcome is the state a step takes on, or stale: the result changes nothing.
type Outcome string

// What a result can do to its step.
const (
	OutcomeStale           = Outcome("stale")
	OutcomeComplete        = Outcome(StepComplete)
	OutcomeSkipped         = Outcome(StepSkipped)
	OutcomeWaitingForRetry = Outcome(StepWaitingForRetry)
	OutcomeError           = Outcome(StepError)
)

// Decision is what a result does to its step.
type Decision struct {
	Outcome  Outcome
	Delay    time.Duration // until the next attempt, when the outcome is waiting_for_retry
	Failures int           // the step's answered failures from now on
	Reason   string        // why, for the history
}

// Decide is the whole rule for one result: the fence first, then what the status means, then whether there is another
// attempt and when. The random number lies in [0,1).
func Decide(step StepSnapshot, result Result, now time.Time, random float64) Decision {
	if reason := step.fence(result); reason != "" {
		return Decision{Outcome: OutcomeStale, Failures: step.Failures, Reason: reason}
	}
	switch {
	case result.Status == StatusSuccess:
		return Decision{Outcome: OutcomeComplete, Failures: step.Failures, Reason: "success"}
	case result.Status == StatusSkipped && step.Skippable:
		return Decision{Outcome: OutcomeSkipped, Failures: step.Failures, Reason: "skipped by its worker"}
	}
	failures := step.Failures + 1
	why := result.why()
	if final := step.final(result, failures); final != "" {
		return Decision{Outcome: OutcomeError, Failures: failures, Reason: why + "; " + final}
	}
	delay, source := step.Backoff.Delay(Failure{Count: failures, Hint: result.Hint(), RetryAfter: result.RetryAfter(),
		Now: now, Random: random, MaxHint: step.MaxHint})
	return Decision{Outcome: OutcomeWaitingForRetry, Delay: delay, Failures: failures,
		Reason: fmt.Sprintf("%s; attempt %d in %s by %s", why, step.Attempt+1, delay.Round(time.Millisecond), source)}
}

// fence says why a result does not count, or nothing when it does: transitions are exactly once, though running is not.
func (s StepSnapshot) fence(r Result) string {
	switch {
	case r.Attempt != s.Attempt:
		return fmt.Sprintf("result is for attempt %d, the current one is %d", r.Attempt, s.Attempt)
	case !s.State.HandedOut():
		return fmt.Sprintf("result came while the step was %s", s.State)
	}
	return ""
}

// final says why there is no attempt after this failure, or nothing when there is one.
func (s StepSnapshot) final(r Result, failures int) string {
	switch {
	case r.Status == StatusSkipped:
		return "it may not be skipped"
	case r.permanent():
		return "the worker calls it permanent"
	case !s.Retryable:
		return "the step is not retryable"
	case failures >= s.MaxAttempts:
		return fmt.Sprintf("that was failure %d of %d attempts", failures, max(s.MaxAttempts, 1))
	}
	return ""
}

// permanent says whether the worker knows that trying again is useless. Only a failure can be; who ran out of time or
// was stopped knows nothing.
func (r Result) permanent() bool {
	return r.Status == StatusFailed && r.Error != nil && r.Error.Retryable != nil && !*r.Error.Retryable
}

// why sums a failure up in one line for the history; the whole of it stays in the result.
func (r Result) why() string {
	why := string(r.Status)
	if r.Error == nil {
		return why
	}
	for _, part := range []string{r.Error.Type, r.Error.Message} {
		if part != "" {
			why += ": " + shortened(part)
		}
	}
	return why
}

// shortened cuts a text that a history need not repeat in full.
func shortened(s string) string {
	if letters := []rune(s); len(letters) > 200 {
		return string(letters[:200]) + "…"
	}
	return s
}
