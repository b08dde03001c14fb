package tasker

// TaskState says where a task stands. The words are those of the database and of every message.
type TaskState string

// The states of a task, from its beginning to the four in which it is at rest.
const (
	TaskPending          TaskState = "pending"           // admitted, nothing handed out yet
	TaskInProgress       TaskState = "in_progress"       // at least one step was handed out
	TaskComplete         TaskState = "complete"          // every step is complete, skipped or resolved
	TaskError            TaskState = "error"             // a step failed for good and nothing else can move
	TaskCancelled        TaskState = "cancelled"         // somebody called it off
	TaskResolvedManually TaskState = "resolved_manually" // somebody declared it done
)

// TaskStates gives every state of a task in the order of its life.
func TaskStates() []TaskState {
	return []TaskState{TaskPending, TaskInProgress, TaskComplete, TaskError, TaskCancelled, TaskResolvedManually}
}

// Open says whether the task still moves by itself.
func (s TaskState) Open() bool {
	return s == TaskPending || s == TaskInProgress
}

// AtRest says whether the task stays as it is unless an operator acts. An unknown state is neither open nor at rest.
func (s TaskState) AtRest() bool {
	return s == TaskComplete || s == TaskError || s == TaskCancelled || s == TaskResolvedManually
}

// StepState says where a step stands. The words are those of the database and of every message.
type StepState string

// The states of a step. The first four are open.
const (
	StepPending          StepState = "pending"           // waits for its parents, or for its turn
	StepEnqueued         StepState = "enqueued"          // its message is on the queue
	StepInProgress       StepState = "in_progress"       // a worker announced that it started
	StepWaitingForRetry  StepState = "waiting_for_retry" // failed, and is tried again when it is due
	StepComplete         StepState = "complete"          // answered with success
	StepError            StepState = "error"             // failed for good
	StepCancelled        StepState = "cancelled"         // called off
	StepSkipped          StepState = "skipped"           // passed over; its children may run
	StepResolvedManually StepState = "resolved_manually" // declared done by somebody; its children may run
)

// StepStates gives every state of a step, the open ones first.
func StepStates() []StepState {
	return []StepState{StepPending, StepEnqueued, StepInProgress, StepWaitingForRetry,
		StepComplete, StepError, StepCancelled, StepSkipped, StepResolvedManually}
}

// Open says whether the step may still run, now or later.
func (s StepState) Open() bool {
	return s == StepPending || s.HandedOut() || s == StepWaitingForRetry
}

// AtRest says whether the step stays as it is unless an operator acts. An unknown state is neither open nor at rest.
func (s StepState) AtRest() bool {
	return s == StepError || s == StepCancelled || s.Satisfies()
}

// Satisfies says whether a child need not wait for this step any longer.
func (s StepState) Satisfies() bool {
	return s == StepComplete || s == StepSkipped || s == StepResolvedManually
}

// HandedOut says whether an attempt is out with the workers, so that a result may be accepted: a plain worker need not
// announce its start.
func (s StepState) HandedOut() bool {
	return s == StepEnqueued || s == StepInProgress
}
