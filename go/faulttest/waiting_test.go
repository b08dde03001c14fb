package faulttest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A tick never waits for a row, and nobody who holds a message waits for a step.

const holdTask = `SELECT FROM tasker.tasks WHERE task_id = $1::text::uuid FOR UPDATE`

// TestTickDoesNotWaitForATask: somebody's transaction holds a task that has a result, and a step that is ready.
func TestTickDoesNotWaitForATask(t *testing.T) {
	patient := rewriting{"tasker.hold_steps", "ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED", "ORDER BY t.task_id FOR NO KEY UPDATE"}
	t.Run("apply", func(t *testing.T) {
		interleaving(t, "a; b: a", rule{sql: []rewriting{patient}}, func(w *world, said []rewording) (fault string) {
			held, free := w.create(), w.create()
			caller := w.session("caller").do(`BEGIN`).do(holdTask, held)
			w.answer(held, "a")
			w.answer(free, "a")
			tick := w.beginTick(w.orchestrator(w.rewording(said)))
			if tick.waits() {
				caller.do(`ROLLBACK`)
				tick.end()
				return "the tick waits for the caller"
			}
			report := tick.end()
			require.Equal(w.t, 1, report.Applied)
			require.Equal(w.t, 1, report.Postponed)
			require.Equal(w.t, "enqueued", w.stepState(free, "b"))
			require.Equal(w.t, 1, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results
				WHERE message ->> 'task_id' = $1 AND vt > clock_timestamp() - interval '1 minute' AND read_ct = 0`, held))
			return ""
		})
	})
	t.Run("enqueue", func(t *testing.T) {
		patient := rewriting{"tasker.enqueue_ready", "ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED", "ORDER BY t.task_id FOR NO KEY UPDATE"}
		interleaving(t, "a", rule{sql: []rewriting{patient}}, func(w *world, _ []rewording) (fault string) {
			w.exec(`UPDATE tasker.namespaces SET dispatch_window = 1`)
			out, held, free := w.create(), w.create(), w.create()
			caller := w.session("caller").do(`BEGIN`).do(holdTask, held)
			w.answer(out, "a")
			tick := w.beginTick(w.orchestrator())
			if tick.waits() {
				caller.do(`ROLLBACK`)
				tick.end()
				return "the tick waits for the caller"
			}
			tick.end()
			require.Equal(w.t, "enqueued", w.stepState(free, "a"))
			return ""
		})
	})
}

// TestReaderDoesNotWaitForAStep: a worker reads while somebody changes the step. It holds the message already, so
// waiting for the step would close a circle with whoever comes from the step to the message.
func TestReaderDoesNotWaitForAStep(t *testing.T) {
	patient := rewriting{"tasker.start_steps", "FOR NO KEY UPDATE SKIP LOCKED", "FOR NO KEY UPDATE"}
	interleaving(t, "a", rule{sql: []rewriting{patient}}, func(w *world, _ []rewording) (fault string) {
		task := w.create()
		w.session("operator").do(`BEGIN`).do(`SELECT FROM tasker.steps WHERE step_id = $1 FOR NO KEY UPDATE`, w.stepID(task, "a"))
		reader := w.session("reader").begin(`CREATE TEMP TABLE read AS SELECT * FROM tasker.read_steps('demo', 30, 1, 'worker')`)
		if reader.waits() {
			return "the reader waits for the operator, with the message in its hands"
		}
		reader.mustEnd()
		require.Equal(w.t, "busy", reader.value(`SELECT answer FROM read`))
		return ""
	})
}

// TestReleaseDoesNotWaitForAStep: the same for a worker that gives its message back.
func TestReleaseDoesNotWaitForAStep(t *testing.T) {
	patient := rewriting{"tasker.release_steps", "ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED", "ORDER BY s.step_id FOR NO KEY UPDATE"}
	interleaving(t, "a", rule{sql: []rewriting{patient}}, func(w *world, _ []rewording) (fault string) {
		task := w.create()
		releases := w.text(`SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id, 'read_ct', read_ct, 'step_id',
			message -> 'step_id', 'attempt', message -> 'attempt'))::text FROM tasker.read_steps('demo', 30, 1, 'worker')`)
		operator := w.session("operator").do(`BEGIN`).do(`SELECT FROM tasker.steps WHERE step_id = $1 FOR NO KEY UPDATE`, w.stepID(task, "a"))
		worker := w.session("worker").begin(`SELECT tasker.release_steps('demo', $1::jsonb)`, releases)
		if worker.waits() {
			return "the worker waits for the operator"
		}
		worker.mustEnd()
		operator.do(`COMMIT`)
		require.Equal(w.t, "in_progress", w.stepState(task, "a"), "what could not be locked was not given back")
		return ""
	})
}

// TestAdmitDoesNotWaitForAKey: somebody's transaction has created a task with a key; requests with this and another key
// lie on the queue.
func TestAdmitDoesNotWaitForAKey(t *testing.T) {
	patient := rewriting{"tasker.lock_request_keys", "NOT pg_try_advisory_xact_lock(wanted.lock)", "pg_advisory_xact_lock(wanted.lock) IS NULL"}
	interleaving(t, "a", rule{sql: []rewriting{patient}}, func(w *world, _ []rewording) (fault string) {
		caller := w.session("caller").do(`BEGIN`).do(`SELECT tasker.create_task($1::jsonb)`, request("job", "idempotency_key", "one"))
		for _, key := range []string{"one", "two"} {
			w.exec(`SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`, request("job", "idempotency_key", key))
		}
		tick := w.beginTick(w.orchestrator())
		if tick.waits() {
			caller.do(`ROLLBACK`)
			tick.end()
			return "the tick waits for the caller"
		}
		report := tick.end()
		require.Equal(w.t, 1, report.Admitted)
		require.Equal(w.t, 1, report.Postponed)
		return ""
	})
}
