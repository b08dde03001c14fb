package faulttest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/queue"
)

// Folded batches: a step takes one result, whoever else believes that it still may take his.

// TestTwoResultsForOneStep: two orchestrators that hold no locks have decided to accept a result of the same attempt
// each, and write one after the other. The second write finds the step closed; nothing of it may count, neither as a
// transition nor against the children's parents.
func TestTwoResultsForOneStep(t *testing.T) {
	unchecked := rewriting{"tasker.apply_results", "AND s.attempt = d.attempt AND s.state IN ('enqueued', 'in_progress')", ""}
	counted := rewriting{"tasker.apply_results", "FROM moved m\n             CROSS JOIN LATERAL (SELECT template_id",
		"FROM (SELECT s.task_id, s.position, d.outcome AS to_state FROM decided d JOIN tasker.steps s USING (step_id)) m\n             CROSS JOIN LATERAL (SELECT template_id"}
	for name, taken := range map[string]rewriting{"recheck": unchecked, "children": counted} {
		t.Run(name, func(t *testing.T) {
			interleaving(t, "a; b; c: a b", rule{sql: []rewriting{taken}}, func(w *world, _ []rewording) (fault string) {
				task := w.create()
				w.answer(task, "a")
				w.answer(task, "a")
				first := w.session("first").do(`BEGIN`).do(applyOne, 1)
				second := w.session("second").begin(applyOne, 2).mustWait()
				first.do(`COMMIT`)
				if err := second.end(); err != nil {
					return err.Error()
				}
				accepted := w.number(`SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'`)
				open := w.number(`SELECT unmet_dependencies FROM tasker.steps WHERE name = 'c'`)
				if accepted != 1 || open != 1 {
					return fmt.Sprintf("%d results were accepted for one step, and its child waits for %d of 1 open parent", accepted, open)
				}
				return ""
			})
		})
	}
}

// applyOne writes that one message's result completes its step, without locking anything.
const applyOne = `SELECT tasker.apply_results((SELECT jsonb_build_array(jsonb_build_object('msg_id', msg_id,
	'step_id', message -> 'step_id', 'attempt', message -> 'attempt', 'outcome', 'complete', 'failures', 0, 'delay_seconds', 0))
	FROM pgmq.q_orchestration_step_results WHERE msg_id = $1), ARRAY[$1]::bigint[], 'orchestrator')`

// TestRepeatedResultsInOneBatch: the same attempt answered three times, differently, in one batch. The first one counts.
func TestRepeatedResultsInOneBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a; b: a")
	task := w.create()
	for i := range 3 {
		w.exec(`SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id,
			'task_id', task_id, 'attempt', attempt, 'status', 'success', 'results', $2::integer))
			FROM tasker.steps WHERE task_id = $1::text::uuid AND name = 'a'`, task, i+1)
	}
	report := w.tick(w.orchestrator())
	require.Equal(t, 1, report.Applied)
	require.Equal(t, 2, report.Stale)
	require.Equal(t, "1", w.text(`SELECT results::text FROM tasker.steps WHERE name = 'a'`))
	require.Equal(t, "enqueued", w.stepState(task, "b"))
}

// TestOnlyDataErrorsBury: whatever a server may say in bad times, a result stays on its queue; only what the data itself
// is to blame for goes to the dead letters, and that alone.
func TestOnlyDataErrorsBury(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a; b")
	o := w.orchestrator()
	for _, state := range []string{"40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P03", "08006", "25006", "XX000"} {
		task := w.create()
		w.answer(task, "a", "b")
		original := w.text(`SELECT pg_get_functiondef('tasker.apply_results'::regproc)`)
		w.rewrite(rewriting{"tasker.apply_results", "BEGIN\n", fmt.Sprintf("BEGIN RAISE EXCEPTION 'bad times' USING ERRCODE = '%s';\n", state)})
		_, err := o.Tick(t.Context())
		require.Error(t, err, state)
		w.exec(original)
		w.settle(o)
		require.Equal(t, "complete", w.taskState(task), state)
	}
	require.Zero(t, w.number(`SELECT count(*) FROM tasker.dead_letters`))

	for _, state := range []string{"22P02", "22003", "23514", "54000"} {
		task := w.create()
		w.answer(task, "a", "b")
		blame := w.number(`SELECT msg_id FROM pgmq.q_orchestration_step_results ORDER BY msg_id DESC LIMIT 1`)
		original := w.text(`SELECT pg_get_functiondef('tasker.apply_results'::regproc)`)
		w.rewrite(rewriting{"tasker.apply_results", "BEGIN\n", fmt.Sprintf("BEGIN IF %d = ANY (done) THEN "+
			"RAISE EXCEPTION 'bad data' USING ERRCODE = '%s'; END IF;\n", blame, state)})
		w.settle(o)
		w.exec(original)
		require.Equal(t, "complete", w.stepState(task, "a"), state)
		require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.dead_letters WHERE queue_name = $1 AND msg_id = $2`, queue.StepResults, blame), state)
	}
}
