package tasker

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// standing is one step as a person would describe it: its state, and whether a parent still keeps it.
type standing struct {
	state   StepState
	blocked bool
}

// everyStanding is all there is; a step counts in exactly one of them.
var everyStanding = []standing{
	{StepPending, false}, {StepPending, true}, {StepEnqueued, false}, {StepInProgress, false}, {StepWaitingForRetry, false},
	{StepComplete, false}, {StepSkipped, false}, {StepResolvedManually, false}, {StepError, false}, {StepCancelled, false},
}

// naiveVerdict says the rule again, step by step and without counting.
func naiveVerdict(steps []standing) (TaskState, bool) {
	satisfied, failed := true, false
	for _, s := range steps {
		if s.state.Open() && !s.blocked {
			return "", false
		}
		satisfied = satisfied && s.state.Satisfies()
		failed = failed || s.state == StepError
	}
	if satisfied {
		return TaskComplete, true
	}
	if failed {
		return TaskError, true
	}
	return TaskCancelled, true
}

// counted fills StepCounts from how many steps there are of each standing.
func counted(n []int) StepCounts {
	return StepCounts{Ready: n[0], Blocked: n[1], Enqueued: n[2], InProgress: n[3], WaitingForRetry: n[4], Complete: n[5],
		Skipped: n[6], ResolvedManually: n[7], Error: n[8], Cancelled: n[9]}
}

func TestVerdictOnEveryTaskOfUpToTwoOfAKind(t *testing.T) {
	n := make([]int, len(everyStanding))
	var visit func(kind int, steps []standing)
	visit = func(kind int, steps []standing) {
		if kind == len(everyStanding) {
			want, wantRest := naiveVerdict(steps)
			got, rest := Verdict(counted(n))
			if got != want || rest != wantRest {
				t.Fatalf("%+v: got %q %v, want %q %v", counted(n), got, rest, want, wantRest)
			}
			return
		}
		for n[kind] = 0; n[kind] <= 2; n[kind]++ {
			visit(kind+1, steps)
			steps = append(steps, everyStanding[kind])
		}
		n[kind] = 0
	}
	visit(0, nil)
}

func TestVerdictInWords(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts StepCounts
		want   TaskState
		rest   bool
	}{
		{"no steps at all", StepCounts{}, TaskComplete, true},
		{"everything done", StepCounts{Complete: 2, Skipped: 1, ResolvedManually: 1}, TaskComplete, true},
		{"one failed, another branch ready", StepCounts{Error: 1, Ready: 1}, "", false},
		{"one failed, another running", StepCounts{Error: 1, InProgress: 1}, "", false},
		{"one failed, another waits for its retry", StepCounts{Error: 1, WaitingForRetry: 1}, "", false},
		{"one failed, its descendants pending", StepCounts{Error: 1, Blocked: 3, Complete: 2}, TaskError, true},
		{"one failed, one cancelled", StepCounts{Error: 1, Cancelled: 1}, TaskError, true},
		{"some cancelled, the rest complete", StepCounts{Cancelled: 2, Complete: 5}, TaskCancelled, true},
		{"blocked behind what runs", StepCounts{Blocked: 9, Enqueued: 1}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, rest := Verdict(c.counts)
			require.Equal(t, c.want, state)
			require.Equal(t, c.rest, rest)
		})
	}
}
