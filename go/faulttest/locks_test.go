package faulttest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Lock first, read after: whoever changes steps locks their tasks in a statement of its own and reads afterwards.

// noTaskLock is an apply that does not lock the tasks.
var noTaskLock = rewriting{"tasker.hold_steps", "ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED", "ORDER BY t.task_id"}

// TestTaskIsNotOpenForEver: two orchestrators apply the results of a task's last two steps at once. Each alone does not
// see the other's, so neither would bring the task to rest.
func TestTaskIsNotOpenForEver(t *testing.T) {
	interleaving(t, "a; b", rule{sql: []rewriting{noTaskLock}}, func(w *world, said []rewording) (fault string) {
		task := w.create()
		through, commit := w.barrier(said, "apply_results", "commit")
		first, second := w.orchestrator(through), w.orchestrator(w.rewording(said))
		w.answer(task, "a")
		tick := w.beginTick(first)
		commit.arrive(w)
		w.answer(task, "b")
		w.tick(second)
		commit.letGo()
		tick.end()
		w.settle(second)
		if state := w.taskState(task); state != "complete" {
			return "all steps are complete and the task is " + state
		}
		return ""
	})
}

// TestChildGetsEveryParentsResults: two orchestrators apply the results of a step's two parents at once. One statement
// that counts the parents down and writes the child's message waits for the other's count and then writes the message
// from what it saw before it waited.
func TestChildGetsEveryParentsResults(t *testing.T) {
	inOne := []rewriting{
		{"tasker.apply_results", "AND (b.paused OR NOT b.ready))",
			`AND (b.paused OR NOT b.ready) RETURNING s.step_id, s.unmet_dependencies),
			sent AS (INSERT INTO pgmq.q_demo_queue (vt, message) SELECT now, m.message FROM waiting w
				CROSS JOIN LATERAL tasker.step_messages(ARRAY[w.step_id]) m WHERE w.unmet_dependencies = 0)`},
		noTaskLock,
	}
	interleaving(t, "a; b; c: a b", rule{sql: inOne}, func(w *world, said []rewording) (fault string) {
		task := w.create()
		through, commit := w.barrier(said, "apply_results", "commit")
		first, second := w.orchestrator(through), w.orchestrator(w.rewording(said))
		w.answer(task, "a")
		tick := w.beginTick(first)
		commit.arrive(w)
		w.answer(task, "b")
		other := w.beginTick(second)
		other.waits()
		commit.letGo()
		tick.end()
		other.end()
		w.settle(second)
		var message struct {
			ExecutionContext struct{ Sequence json.RawMessage } `json:"execution_context"`
		}
		require.NoError(w.t, json.Unmarshal([]byte(w.text(`SELECT message::text FROM pgmq.q_demo_queue
			WHERE message ->> 'step_name' = 'c' ORDER BY msg_id LIMIT 1`)), &message))
		if sequence := string(message.ExecutionContext.Sequence); strings.Contains(sequence, `"results": null`) {
			return "the child was sent with " + sequence
		}
		return ""
	})
}
