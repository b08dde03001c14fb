package tasker

import (
	"fmt"
	"slices"
	"strings"
)

// Event is why a task or a step moves.
type Event string

// What happens to tasks and steps.
const (
	EventEnqueue    Event = "enqueue"     // a message is sent, with a new attempt number
	EventStart      Event = "start"       // a worker begins; for a task: its first step was handed out
	EventRelease    Event = "release"     // a lease is given back, or the sweep sends the message again: same attempt
	EventComplete   Event = "complete"    // success
	EventFail       Event = "fail"        // failure for good
	EventRetryLater Event = "retry_later" // failure with another attempt to come
	EventSkip       Event = "skip"        // passed over, by the worker's answer or an operator
	EventCancel     Event = "cancel"      // called off
	EventResolve    Event = "resolve"     // declared done by an operator
	EventRetry      Event = "retry"       // an operator wants another try
	EventReopen     Event = "reopen"      // an operator's act on one of its steps moves a task in error on
)

// Move is one legal change of state and its reason.
type Move[S ~string] struct {
	From  S
	Event Event
	To    S
}

// The two tables below are the specification. In the database the moves are made by SQL functions: apply_results,
// hand_out, start_steps, release_steps and sweep for the machine, move_steps and move_tasks for operators, settle_tasks
// for the verdict. What an operator may ask for is in task_actions and step_actions. Behind all of them stand the
// constraints move_is_legal of both histories. Tests compare each of these with the tables.

// taskMoves is every legal move of a task. A move that is not here is refused.
var taskMoves = []Move[TaskState]{
	{TaskPending, EventStart, TaskInProgress},
	{TaskPending, EventComplete, TaskComplete}, // a task without steps, or with all of them skipped or resolved
	{TaskPending, EventCancel, TaskCancelled},  // also by the verdict, when its steps were called off one by one
	{TaskPending, EventResolve, TaskResolvedManually},
	{TaskInProgress, EventComplete, TaskComplete},
	{TaskInProgress, EventFail, TaskError},
	{TaskInProgress, EventCancel, TaskCancelled},
	{TaskInProgress, EventResolve, TaskResolvedManually},
	{TaskError, EventReopen, TaskInProgress},
	{TaskError, EventResolve, TaskResolvedManually},
}

// stepMoves is every legal move of a step. A move that is not here is refused.
var stepMoves = []Move[StepState]{
	{StepPending, EventEnqueue, StepEnqueued},
	{StepPending, EventCancel, StepCancelled},
	{StepPending, EventSkip, StepSkipped},
	{StepPending, EventResolve, StepResolvedManually},

	{StepEnqueued, EventStart, StepInProgress},
	{StepEnqueued, EventComplete, StepComplete}, // by a plain worker, which did not announce its start
	{StepEnqueued, EventRetryLater, StepWaitingForRetry},
	{StepEnqueued, EventFail, StepError},
	{StepEnqueued, EventCancel, StepCancelled},
	{StepEnqueued, EventSkip, StepSkipped},
	{StepEnqueued, EventResolve, StepResolvedManually},

	{StepInProgress, EventRelease, StepEnqueued},
	{StepInProgress, EventComplete, StepComplete},
	{StepInProgress, EventRetryLater, StepWaitingForRetry},
	{StepInProgress, EventFail, StepError},
	{StepInProgress, EventCancel, StepCancelled},
	{StepInProgress, EventSkip, StepSkipped},
	{StepInProgress, EventResolve, StepResolvedManually},

	{StepWaitingForRetry, EventEnqueue, StepEnqueued},
	{StepWaitingForRetry, EventCancel, StepCancelled},
	{StepWaitingForRetry, EventSkip, StepSkipped},
	{StepWaitingForRetry, EventResolve, StepResolvedManually},

	{StepError, EventRetry, StepPending},
	{StepError, EventSkip, StepSkipped},
	{StepError, EventResolve, StepResolvedManually},
}

// TaskMoves gives a copy of the table of a task's legal moves.
func TaskMoves() []Move[TaskState] { return slices.Clone(taskMoves) }

// StepMoves gives a copy of the table of a step's legal moves.
func StepMoves() []Move[StepState] { return slices.Clone(stepMoves) }

// MayBecome says whether a task may move from this state to another, for whatever reason.
func (s TaskState) MayBecome(to TaskState) bool { return leads(taskMoves, s, to) }

// MayBecome says whether a step may move from this state to another, for whatever reason.
func (s StepState) MayBecome(to StepState) bool { return leads(stepMoves, s, to) }

// After gives the state of a task after an event, or an *Error with CodeRefused when the event cannot happen here.
func (s TaskState) After(event Event) (TaskState, error) { return after(taskMoves, "task", s, event) }

// After gives the state of a step after an event, or an *Error with CodeRefused when the event cannot happen here.
func (s StepState) After(event Event) (StepState, error) { return after(stepMoves, "step", s, event) }

func leads[S ~string](moves []Move[S], from, to S) bool {
	return slices.ContainsFunc(moves, func(m Move[S]) bool { return m.From == from && m.To == to })
}

func after[S ~string](moves []Move[S], what string, from S, event Event) (S, error) {
	var possible []string
	for _, m := range moves {
		if m.From == from && m.Event == event {
			return m.To, nil
		}
		if m.From == from {
			possible = append(possible, string(m.Event))
		}
	}
	remedy := "nothing moves it any more"
	if len(possible) > 0 {
		remedy = "possible are " + strings.Join(possible, ", ")
	}
	return "", &Error{Code: CodeRefused, Message: fmt.Sprintf("cannot %s a %s that is %s: %s", event, what, from, remedy),
		Standing: &Standing{State: string(from), Allowed: possible}}
}
