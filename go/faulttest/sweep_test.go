package faulttest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The sweep sends again what has no living message, and nothing else, whoever is at the step meanwhile.

// sweepNow is the second look of a sweep, for which suspects are due at once. Not the whole sweep: that gives up soon
// whatever it waits for, the gate of a test too.
const sweepNow = `SELECT tasker.resend_suspects('demo', 0, 100, 'sweep')::text AS resent`

// unchecked is a sweep that sends every suspect again that is due.
var unchecked = rewriting{"tasker.resend_suspects", "ARRAY(SELECT tasker.steps_without_message(namespace, looked, quantity))", "looked"}

// lose purges the queue and lets the sweep notice: all steps that are out become suspects.
func (w *world) lose(steps int) {
	w.t.Helper()
	w.exec(`SELECT pgmq.purge_queue('demo_queue')`)
	require.Equal(w.t, steps, w.number(`SELECT suspected FROM tasker.sweep(0, 100, 'sweep')`))
}

// TestSweepLooksTwice: a worker deletes its message in one transaction and sends its result in the next, and the sweep
// has its first look between the two.
func TestSweepLooksTwice(t *testing.T) {
	interleaving(t, "a", rule{sql: []rewriting{unchecked}}, func(w *world, _ []rewording) (fault string) {
		task := w.create()
		w.lose(1)
		w.answer(task, "a")
		if resent := w.session("sweep").value(sweepNow); resent != "0" {
			return "an answered attempt was sent again"
		}
		require.Zero(w.t, w.number(`SELECT count(*) FROM tasker.suspects`))
		return ""
	})
}

// TestSweepAndApply: the result of a suspect comes and is applied between the sweep's choice and its locks. Two looks see
// that: at what has no message, and at what a reply has not completed just now.
func TestSweepAndApply(t *testing.T) {
	blind := rewriting{"tasker.resend_suspects", " AND s.state IN ('enqueued', 'in_progress')), actor)", "), actor)"}
	interleaving(t, "a; b: a", rule{sql: []rewriting{unchecked, blind}}, func(w *world, _ []rewording) (fault string) {
		task := w.create()
		w.lose(1)
		w.rewrite(gate("tasker.resend_suspects", "SELECT array_agg(l.task_id) INTO locked"))
		holder := w.session("gate").do(closeGate)
		sweep := w.session("sweep").begin(`CREATE TEMP TABLE answer AS ` + sweepNow).stopAtGate()
		w.answer(task, "a")
		w.tick(w.orchestrator())
		holder.do(openGate)
		if err := sweep.end(); err != nil {
			return "the sweep fails: " + err.Error()
		}
		if state := w.stepState(task, "a"); state != "complete" {
			return "a complete step is " + state
		}
		return ""
	})
}

// TestSweepSeesAReplyWhole: a worker replies, message out and result in, while the sweep looks. Two looks, one for the
// message and one for the result, would see neither.
func TestSweepSeesAReplyWhole(t *testing.T) {
	const look = "RETURN QUERY EXECUTE format($sql$"
	inTwo := []rewriting{
		{"tasker.steps_without_message", "\nBEGIN\n", "\nDECLARE answered jsonb := (SELECT jsonb_agg(message -> 'step_id') FROM pgmq.q_orchestration_step_results);\nBEGIN\n"},
		{"tasker.steps_without_message", `NOT EXISTS (SELECT FROM pgmq.q_orchestration_step_results r
                        WHERE r.message -> 'step_id' = to_jsonb(s.step_id) AND r.message -> 'attempt' = to_jsonb(s.attempt))`, "$4 IS NULL"},
		{"tasker.steps_without_message", "USING namespace, among, quantity", "USING namespace, among, quantity, answered"},
	}
	interleaving(t, "a", rule{sql: inTwo}, func(w *world, _ []rewording) (fault string) {
		w.create()
		w.exec(`INSERT INTO tasker.suspects (step_id, namespace_id, attempt, msg_id, since)
			SELECT step_id, namespace_id, attempt, msg_id, clock_timestamp() FROM tasker.steps`)
		w.rewrite(gate("tasker.steps_without_message", look))
		holder := w.session("gate").do(closeGate)
		sweep := w.session("sweep").begin(`CREATE TEMP TABLE answer AS ` + sweepNow).stopAtGate()
		worker{pool: w.pool, namespace: "demo", lease: 30, quantity: 1}.once(w.t.Context())
		require.Equal(w.t, 1, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results`))
		holder.do(openGate)
		sweep.mustEnd()
		if resent := sweep.value(`SELECT resent FROM answer`); resent != "0" {
			return "an answered attempt was sent again"
		}
		return ""
	})
}

// TestSweepDoesNotWait: somebody holds the task of one of two suspects. The other one is sent again all the same.
func TestSweepDoesNotWait(t *testing.T) {
	patient := rewriting{"tasker.resend_suspects", "ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED", "ORDER BY t.task_id FOR NO KEY UPDATE"}
	interleaving(t, "a", rule{sql: []rewriting{patient}}, func(w *world, _ []rewording) (fault string) {
		held, free := w.create(), w.create()
		w.lose(2)
		caller := w.session("caller").do(`BEGIN`).do(holdTask, held)
		sweep := w.session("sweep").begin(`CREATE TEMP TABLE answer AS ` + sweepNow)
		if sweep.waits() {
			caller.do(`ROLLBACK`)
			sweep.mustEnd()
			return "the sweep waits for the caller"
		}
		sweep.mustEnd()
		require.Equal(w.t, "1", sweep.value(`SELECT resent FROM answer`))
		require.Equal(w.t, 1, w.number(`SELECT count(*) FROM pgmq.q_demo_queue WHERE message ->> 'task_id' = $1`, free))
		return ""
	})
}

// TestSweepAndRelease: a worker gives its message back while the sweep looks, and has done so when it looks again: the
// message lives, and the sweep does not wait for the worker.
func TestSweepAndRelease(t *testing.T) {
	interleaving(t, "a", rule{sql: []rewriting{unchecked}}, func(w *world, _ []rewording) (fault string) {
		task := w.create()
		releases := w.text(`SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id, 'read_ct', read_ct, 'step_id',
			message -> 'step_id', 'attempt', message -> 'attempt'))::text FROM tasker.read_steps('demo', 30, 1, 'worker')`)
		w.exec(`INSERT INTO tasker.suspects (step_id, namespace_id, attempt, msg_id, since)
			SELECT step_id, namespace_id, attempt, msg_id, clock_timestamp() FROM tasker.steps`)
		worker := w.session("worker").do(`BEGIN`).do(`SELECT tasker.release_steps('demo', $1::jsonb)`, releases)
		sweep := w.session("sweep").begin(`CREATE TEMP TABLE answer AS ` + sweepNow)
		waited := sweep.waits()
		worker.do(`COMMIT`)
		sweep.mustEnd()
		if n := w.number(`SELECT count(*) FROM pgmq.q_demo_queue`); n > 1 || waited {
			return fmt.Sprintf("%d messages for one attempt; the sweep waited for the worker: %t", n, waited)
		}
		require.Equal(w.t, "0", sweep.value(`SELECT resent FROM answer`))
		require.Equal(w.t, "enqueued", w.stepState(task, "a"))
		require.Equal(w.t, "0", sweep.value(fmt.Sprintf(`SELECT (%s)`, sweepNow)))
		return ""
	})
}
