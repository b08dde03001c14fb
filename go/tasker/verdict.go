package tasker

// StepCounts is how many steps of one task stand where. Pending steps are counted in two parts: Ready ones wait only for
// their turn, Blocked ones have a parent that does not satisfy them.
type StepCounts struct {
	Ready            int `json:"ready"`
	Blocked          int `json:"blocked"`
	Enqueued         int `json:"enqueued"`
	InProgress       int `json:"in_progress"`
	WaitingForRetry  int `json:"waiting_for_retry"`
	Complete         int `json:"complete"`
	Skipped          int `json:"skipped"`
	ResolvedManually int `json:"resolved_manually"`
	Error            int `json:"error"`
	Cancelled        int `json:"cancelled"`
}

// Verdict finds the state in which a task comes to rest; false means that it is not at rest: keep going.
//
// The order matters. While anything can still move, nothing is decided, so a failed branch never stops the others. Then
// come the good end and the bad one. A step blocked by a failed parent does not keep its task open: it stays pending, so
// that a retry of the parent revives it. What is left was called off.
func Verdict(c StepCounts) (TaskState, bool) {
	switch {
	case c.Ready+c.Enqueued+c.InProgress+c.WaitingForRetry > 0:
		return "", false
	case c.Blocked+c.Error+c.Cancelled == 0:
		return TaskComplete, true
	case c.Error > 0:
		return TaskError, true
	}
	return TaskCancelled, true
}
