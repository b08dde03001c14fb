package tasker

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var patient = StepSnapshot{State: StepInProgress, Attempt: 2, Failures: 1, MaxAttempts: 3, Retryable: true,
	Backoff: Backoff{Strategy: BackoffExponential, BaseSeconds: 1, MaxSeconds: 300}}

// with gives a variation of the patient step.
func with(change func(*StepSnapshot)) StepSnapshot {
	s := patient
	change(&s)
	return s
}

func failed(retryable bool) Result {
	return Result{Attempt: 2, Status: StatusFailed, Error: &ResultError{Type: "Boom", Message: "it broke", Retryable: &retryable}}
}

func TestDecide(t *testing.T) {
	skippable := with(func(s *StepSnapshot) { s.Skippable = true })
	last := with(func(s *StepSnapshot) { s.Failures = 2 })
	once := with(func(s *StepSnapshot) { s.Retryable = false })
	advice := func(a Advice) Result { r := failed(true); r.Advice = &a; return r }
	for _, c := range []struct {
		name   string
		step   StepSnapshot
		result Result
		want   Decision
	}{
		{"success", patient, Result{Attempt: 2, Status: StatusSuccess}, Decision{OutcomeComplete, 0, 1, "success"}},
		{"success without an announced start", with(func(s *StepSnapshot) { s.State = StepEnqueued }),
			Result{Attempt: 2, Status: StatusSuccess}, Decision{OutcomeComplete, 0, 1, "success"}},
		{"success on the last attempt", last, Result{Attempt: 2, Status: StatusSuccess}, Decision{OutcomeComplete, 0, 2, "success"}},
		{"failure", patient, failed(true), Decision{OutcomeWaitingForRetry, 2 * time.Second, 2, "failed: Boom: it broke; attempt 3 in 2s by backoff"}},
		{"failure without a word", patient, Result{Attempt: 2, Status: StatusFailed},
			Decision{OutcomeWaitingForRetry, 2 * time.Second, 2, "failed; attempt 3 in 2s by backoff"}},
		{"failure that does not say whether to retry", patient, Result{Attempt: 2, Status: StatusFailed, Error: &ResultError{Message: "hm"}},
			Decision{OutcomeWaitingForRetry, 2 * time.Second, 2, "failed: hm; attempt 3 in 2s by backoff"}},
		{"failure with a hint", patient, advice(Advice{BackoffHint: &BackoffHint{DelaySeconds: seconds(90)}}),
			Decision{OutcomeWaitingForRetry, 90 * time.Second, 2, "failed: Boom: it broke; attempt 3 in 1m30s by hint"}},
		{"failure with Retry-After", patient, advice(Advice{Headers: map[string]any{"retry-after": "Sun, 01 Mar 2026 12:10:00 GMT"}}),
			Decision{OutcomeWaitingForRetry, 10 * time.Minute, 2, "failed: Boom: it broke; attempt 3 in 10m0s by retry_after"}},
		{"a hint beyond the configured maximum", with(func(s *StepSnapshot) { s.MaxHint = time.Minute }),
			advice(Advice{BackoffHint: &BackoffHint{DelaySeconds: seconds(90)}}),
			Decision{OutcomeWaitingForRetry, time.Minute, 2, "failed: Boom: it broke; attempt 3 in 1m0s by hint"}},
		{"a hint does not lift the limit", last, advice(Advice{BackoffHint: &BackoffHint{DelaySeconds: seconds(1)}}),
			Decision{OutcomeError, 0, 3, "failed: Boom: it broke; that was failure 3 of 3 attempts"}},
		{"last failure", last, failed(true), Decision{OutcomeError, 0, 3, "failed: Boom: it broke; that was failure 3 of 3 attempts"}},
		{"permanent failure", patient, failed(false), Decision{OutcomeError, 0, 2, "failed: Boom: it broke; the worker calls it permanent"}},
		{"failure of a step that may not retry", once, failed(true), Decision{OutcomeError, 0, 2, "failed: Boom: it broke; the step is not retryable"}},
		{"out of time", patient, Result{Attempt: 2, Status: StatusTimedOut}, Decision{OutcomeWaitingForRetry, 2 * time.Second, 2, "timed_out; attempt 3 in 2s by backoff"}},
		{"out of time is never permanent", patient, Result{Attempt: 2, Status: StatusTimedOut, Error: failed(false).Error},
			Decision{OutcomeWaitingForRetry, 2 * time.Second, 2, "timed_out: Boom: it broke; attempt 3 in 2s by backoff"}},
		{"out of time for the last time", last, Result{Attempt: 2, Status: StatusTimedOut}, Decision{OutcomeError, 0, 3, "timed_out; that was failure 3 of 3 attempts"}},
		{"stopped", patient, Result{Attempt: 2, Status: StatusCancelled}, Decision{OutcomeWaitingForRetry, 2 * time.Second, 2, "cancelled; attempt 3 in 2s by backoff"}},
		{"skipped", skippable, Result{Attempt: 2, Status: StatusSkipped}, Decision{OutcomeSkipped, 0, 1, "skipped by its worker"}},
		{"skipped although it may not be", patient, Result{Attempt: 2, Status: StatusSkipped}, Decision{OutcomeError, 0, 2, "skipped; it may not be skipped"}},
		{"late result of an earlier attempt", patient, Result{Attempt: 1, Status: StatusSuccess}, Decision{OutcomeStale, 0, 1, "result is for attempt 1, the current one is 2"}},
		{"result of an attempt that never was", patient, Result{Attempt: 3, Status: StatusSuccess}, Decision{OutcomeStale, 0, 1, "result is for attempt 3, the current one is 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Decide(c.step, c.result, noon, 0))
		})
	}
}

func TestOnlyStepsThatAreHandedOutTakeResults(t *testing.T) {
	for _, state := range StepStates() {
		for _, status := range []Status{StatusSuccess, StatusFailed, StatusSkipped, StatusTimedOut, StatusCancelled} {
			step := with(func(s *StepSnapshot) { s.State = state })
			d := Decide(step, Result{Attempt: 2, Status: status}, noon, 0.5)
			require.Equal(t, !state.HandedOut(), d.Outcome == OutcomeStale, "%s on %s", status, state)
			if d.Outcome == OutcomeStale {
				require.Equal(t, step.Failures, d.Failures, "a stale result counts nothing")
				continue
			}
			require.True(t, state.MayBecome(StepState(d.Outcome)), "%s → %s is in the table of moves", state, d.Outcome)
		}
	}
}

// runs counts how often a step that always fails is run: first by admission, then as long as Decide wants another attempt.
func runs(maxAttempts int, retryable bool) int {
	step := StepSnapshot{State: StepEnqueued, MaxAttempts: maxAttempts, Retryable: retryable}
	for step.Attempt = 1; ; step.Attempt++ {
		d := Decide(step, Result{Attempt: step.Attempt, Status: StatusFailed}, noon, 0)
		if d.Outcome == OutcomeError {
			return step.Attempt
		}
		step.Failures = d.Failures
	}
}

func TestRetryBoundaries(t *testing.T) {
	for _, c := range []struct {
		name        string
		maxAttempts int
		retryable   bool
		want        int
	}{
		{"0 still runs, and stops after that one run", 0, true, 1},
		{"1 gives exactly one run", 1, true, 1},
		{"3 allows three and stops there", 3, true, 3},
		{"the first run does not ask whether it is retryable", 3, false, 1},
		{"neither does it with a limit of 0", 0, false, 1},
		{"a retry needs both: two runs", 2, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, runs(c.maxAttempts, c.retryable)) })
	}
}

func TestAttemptsWithoutAnAnswerDoNotCount(t *testing.T) {
	step := with(func(s *StepSnapshot) { s.Attempt, s.Failures = 57, 0 })
	d := Decide(step, Result{Attempt: 57, Status: StatusFailed}, noon, 0)
	require.Equal(t, OutcomeWaitingForRetry, d.Outcome, "56 attempts were lost, which is not the step's fault")
	require.Equal(t, 1, d.Failures)
	require.Equal(t, time.Second, d.Delay)
}

func TestReasonsStayShort(t *testing.T) {
	long := Result{Attempt: 2, Status: StatusFailed, Error: &ResultError{Type: "Boom", Message: fmt.Sprintf("%01000000d", 1)}}
	require.Less(t, len(Decide(patient, long, noon, 0).Reason), 300)
}
