package tasker

import (
	"time"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
)

// StepMessage is one attempt of a step on its way to a worker: everything a handler needs, so that a worker in any
// language can run it with nothing but its queue. tasker.step_messages writes it; testdata/messages/step.json shows it.
type StepMessage struct {
	Protocol         int              `json:"protocol"`
	StepID           int64            `json:"step_id"`
	TaskID           string           `json:"task_id"`
	Attempt          int              `json:"attempt"` // goes back with the result: it is the fence
	Namespace        string           `json:"namespace"`
	TaskName         string           `json:"task_name"` // the template's name
	TaskVersion      string           `json:"task_version"`
	StepName         string           `json:"step_name"`
	HandlerClass     string           `json:"handler_class"`
	StepPayload      jsonx.RawMessage `json:"step_payload"` // the step's config, from the template
	ExecutionContext ExecutionContext `json:"execution_context"`
	Metadata         MessageMetadata  `json:"metadata"`
}

// ExecutionContext is the three arguments of a handler.
type ExecutionContext struct {
	Task     MessageTask `json:"task"`
	Sequence []Ancestor  `json:"sequence"` // direct parents first; those are never omitted
	Step     MessageStep `json:"step"`
}

// MessageTask is the task as a handler sees it. Texts that the request left out are nil.
type MessageTask struct {
	TaskID        string           `json:"task_id"`
	Namespace     string           `json:"namespace"`
	Name          string           `json:"name"`
	Version       string           `json:"version"`
	Context       jsonx.RawMessage `json:"context"`
	Tags          []string         `json:"tags"`
	Priority      int              `json:"priority"`
	CorrelationID *string          `json:"correlation_id"`
	Initiator     *string          `json:"initiator"`
	SourceSystem  *string          `json:"source_system"`
	Reason        *string          `json:"reason"`
	CreatedAt     time.Time        `json:"created_at"`
}

// Ancestor is the result of one step that this one waited for, directly or not. A distant one that would make the
// message too large is only named: Omitted is true, and tasker.step_results gives its results.
type Ancestor struct {
	StepName    string           `json:"step_name"`
	StepID      int64            `json:"step_id"`
	Results     jsonx.RawMessage `json:"results,omitempty"`
	Omitted     bool             `json:"omitted,omitempty"`
	ProcessedAt *time.Time       `json:"processed_at"`
}

// MessageStep is the step as a handler sees it.
type MessageStep struct {
	StepID      int64  `json:"step_id"`
	Name        string `json:"name"`
	Attempt     int    `json:"attempt"`
	Failures    int    `json:"failures"` // answered failures before this attempt
	MaxAttempts int    `json:"max_attempts"`
}

// MessageMetadata is about the message and not for the handler.
type MessageMetadata struct {
	CreatedAt      time.Time `json:"created_at"`
	MaxAttempts    int       `json:"max_attempts"`
	TimeoutSeconds *float64  `json:"timeout_seconds"`
	Priority       int       `json:"priority"`
	CorrelationID  *string   `json:"correlation_id"`
}

// DecodeStepMessage decodes a step message strictly: a key that it does not know is a drift between who writes messages
// and who reads them. It refuses with an *Error.
func DecodeStepMessage(raw []byte) (StepMessage, error) {
	const subject = "step message refused"
	var m StepMessage
	if err := DecodeStrict(subject, raw, &m); err != nil {
		return StepMessage{}, err
	}
	if err := m.check().Err(subject); err != nil {
		return StepMessage{}, err
	}
	return m, nil
}

// check notes what a worker cannot do without.
func (m StepMessage) check() *Problems {
	var p Problems
	p.protocol(m.Protocol)
	p.positive("/step_id", m.StepID, 1<<63-1)
	p.positive("/attempt", int64(m.Attempt), 1<<31-1)
	p.format("/task_id", m.TaskID, uuidFormat, "the task's UUID")
	p.text("/step_name", m.StepName, 1, 128)
	p.text("/handler_class", m.HandlerClass, 1, 255)
	return &p
}

// Encode gives the message as JSON.
func (m StepMessage) Encode() ([]byte, error) { return jsonx.Marshal(m) }

// Answer begins the result of this attempt: its ids are filled in, the rest is the worker's to say.
func (m StepMessage) Answer(status Status, results jsonx.RawMessage) Result {
	return Result{Protocol: Protocol, StepID: m.StepID, TaskID: m.TaskID, Attempt: m.Attempt, Status: status, Results: results}
}
