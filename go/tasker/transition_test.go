package tasker

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pictures below say again, in another form, what the tables say: each line one state, then what it may become.
const legalTaskMoves = `
pending           → in_progress complete cancelled resolved_manually
in_progress       → complete error cancelled resolved_manually
complete          →
error             → in_progress resolved_manually
cancelled         →
resolved_manually →`

const legalStepMoves = `
pending           → enqueued cancelled skipped resolved_manually
enqueued          → in_progress complete waiting_for_retry error cancelled skipped resolved_manually
in_progress       → enqueued complete waiting_for_retry error cancelled skipped resolved_manually
waiting_for_retry → enqueued cancelled skipped resolved_manually
complete          →
error             → pending skipped resolved_manually
cancelled         →
skipped           →
resolved_manually →`

// requireExactly compares every pair of states with a picture: what is not drawn must be refused.
func requireExactly[S ~string](t *testing.T, picture string, states []S, may func(from, to S) bool) {
	lines := strings.Split(strings.TrimSpace(picture), "\n")
	require.Len(t, lines, len(states))
	for _, line := range lines {
		from, targets, _ := strings.Cut(line, "→")
		legal := map[string]bool{}
		for _, to := range strings.Fields(targets) {
			legal[to] = true
		}
		for _, to := range append(states, "", "unheard_of") {
			require.Equal(t, legal[string(to)], may(S(strings.TrimSpace(from)), to), "%s → %s", from, to)
			require.False(t, may("unheard_of", to))
		}
	}
}

func TestEveryPairOfStatesIsJudged(t *testing.T) {
	requireExactly(t, legalTaskMoves, TaskStates(), TaskState.MayBecome)
	requireExactly(t, legalStepMoves, StepStates(), StepState.MayBecome)
}

var events = []Event{EventEnqueue, EventStart, EventRelease, EventComplete, EventFail, EventRetryLater, EventSkip,
	EventCancel, EventResolve, EventRetry, EventReopen}

func TestEventsLeadWhereTheTableSays(t *testing.T) {
	taken := 0
	for _, from := range StepStates() {
		for _, event := range events {
			to, err := from.After(event)
			if err != nil {
				var refused *Error
				require.ErrorAs(t, err, &refused)
				require.Equal(t, CodeRefused, refused.Code)
				continue
			}
			taken++
			require.Contains(t, StepMoves(), Move[StepState]{from, event, to})
		}
	}
	require.Equal(t, len(StepMoves()), taken, "every row is reached, and none is hidden behind another")
}

func TestRefusedMovesSayWhatIsPossible(t *testing.T) {
	_, err := StepComplete.After(EventRetry)
	require.EqualError(t, err, "cannot retry a step that is complete: nothing moves it any more")
	_, err = TaskError.After(EventCancel)
	require.EqualError(t, err, "cannot cancel a task that is error: possible are reopen, resolve")
}

func TestTablesAreNotHandedOut(t *testing.T) {
	StepMoves()[0] = Move[StepState]{StepComplete, EventRetry, StepPending}
	TaskMoves()[0] = Move[TaskState]{TaskComplete, EventRetry, TaskPending}
	require.False(t, StepComplete.MayBecome(StepPending))
	require.False(t, TaskComplete.MayBecome(TaskPending))
}

func TestStatesAreOpenOrAtRest(t *testing.T) {
	for _, s := range TaskStates() {
		require.NotEqual(t, s.Open(), s.AtRest(), s)
	}
	for _, s := range StepStates() {
		require.NotEqual(t, s.Open(), s.AtRest(), s)
		require.False(t, s.Open() && s.Satisfies(), s)
		require.False(t, s.HandedOut() && !s.Open(), s)
		for _, m := range StepMoves() {
			require.False(t, m.From == s && s.Satisfies(), "children may have run: %v must not be undone", m)
		}
	}
	require.False(t, StepState("").Open() || StepState("").AtRest() || TaskState("").Open() || TaskState("").AtRest())
	require.True(t, StepComplete.Satisfies() && StepSkipped.Satisfies() && StepResolvedManually.Satisfies())
	require.False(t, StepError.Satisfies() || StepCancelled.Satisfies())
}
