package schema_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// mustQueueUp makes tasks of one step that wait to be handed out: in each of these namespaces so many.
func mustQueueUp(t *testing.T, conn *pgx.Conn, waiting map[string]int) {
	t.Helper()
	mustCreate(t, conn, "one", chain(1))
	for namespace, tasks := range waiting {
		dbtest.Execute(t, conn, fmt.Sprintf(`
			SELECT tasker.register_template((SELECT definition FROM tasker.templates LIMIT 1) || '{"namespace": "%[1]s"}');
			SELECT tasker.pause_namespace('%[1]s', 'test');
			SELECT tasker.create_tasks((SELECT jsonb_agg('{"namespace": "%[1]s", "name": "one"}'::jsonb) FROM generate_series(1, %[2]d)));
			SELECT tasker.resume_namespace('%[1]s', 'test')`, namespace, tasks))
	}
}

func mustHandOut(t *testing.T, conn *pgx.Conn, quantity int) int {
	t.Helper()
	return mustQuery[int](t, conn, `SELECT enqueued FROM tasker.enqueue_ready($1, 'test')`, quantity)
}

// TestHeldTasksDoNotStopTheOthers: somebody's open transaction holds more tasks than a hand-out looks at, and the first
// ones at that. What stands behind them goes out all the same.
func TestHeldTasksDoNotStopTheOthers(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn, caller := dbtest.Connect(t, url), dbtest.Connect(t, url)
	mustQueueUp(t, conn, map[string]int{"busy": 1500})
	dbtest.Execute(t, caller, `BEGIN; SELECT FROM tasker.tasks WHERE task_id IN (
		SELECT task_id FROM tasker.steps WHERE state = 'pending' ORDER BY rank, step_id LIMIT 1400) FOR NO KEY UPDATE`)
	require.Equal(t, 5, mustHandOut(t, conn, 5))
	require.Equal(t, 95, mustHandOut(t, conn, 200), "and no more than are free")
	dbtest.Execute(t, caller, `ROLLBACK`)
	require.Equal(t, 200, mustHandOut(t, conn, 200))
}

// TestNamespacesShareAHandOut: one namespace has more that is ready than a hand-out may take. Every other one gets its
// part, also when it comes last.
func TestNamespacesShareAHandOut(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustQueueUp(t, conn, map[string]int{"large": 50, "also_large": 50, "small": 2})
	out := func() string {
		return mustQuery[string](t, conn, `SELECT string_agg(name || ' ' || n, ', ' ORDER BY name) FROM (
			SELECT n.name, count(*) AS n FROM tasker.steps s JOIN tasker.namespaces n USING (namespace_id)
			 WHERE s.state = 'enqueued' AND n.name <> 'demo' GROUP BY n.name) c`)
	}
	require.Equal(t, 3, mustHandOut(t, conn, 3))
	require.Equal(t, "also_large 1, large 1, small 1", out())
	require.GreaterOrEqual(t, mustHandOut(t, conn, 9), 7)
	require.Equal(t, 0, mustQuery[int](t, conn, `SELECT count(*)::integer FROM tasker.steps s JOIN tasker.namespaces n USING (namespace_id)
		WHERE n.name = 'small' AND s.state = 'pending'`))
}

// TestOneAtATimeIsForEverybody: a hand-out of one step, as after a failure, does not always go to the same namespace.
func TestOneAtATimeIsForEverybody(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustQueueUp(t, conn, map[string]int{"first": 60, "second": 60})
	for range 60 { // that one of two is never chosen happens once in 2 to the power of 59 times
		require.Equal(t, 1, mustHandOut(t, conn, 1))
	}
	require.Equal(t, 2, mustQuery[int](t, conn, `SELECT count(DISTINCT s.namespace_id)::integer FROM tasker.steps s JOIN tasker.namespaces n
		USING (namespace_id) WHERE n.name <> 'demo' AND s.state = 'enqueued'`))
}

// TestRetriesByPriority: an urgent retry goes before others that were due earlier, and retries that are not due cost
// nothing, however many there are.
func TestRetriesByPriority(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustQueueUp(t, conn, map[string]int{"busy": 3000})
	dbtest.Execute(t, conn, `UPDATE tasker.steps SET state = 'waiting_for_retry', due_at = clock_timestamp() + interval '1 hour' WHERE state = 'pending'`)
	dbtest.Execute(t, conn, `VACUUM ANALYZE tasker.steps`)
	first := `SELECT tasker.next_ready((SELECT namespace_id FROM tasker.namespaces WHERE name = 'busy'), 1)`
	mustMeasure(t, conn, first) // now the catalogs are known
	_, pages := mustMeasure(t, conn, first)
	require.Less(t, pages, 20.0)
	urgent := mustQuery[int64](t, conn, `UPDATE tasker.steps SET due_at = clock_timestamp(), rank = rank - 100 WHERE step_id = (SELECT max(step_id) FROM tasker.steps)
		RETURNING step_id`)
	dbtest.Execute(t, conn, `UPDATE tasker.steps SET due_at = clock_timestamp() - interval '1 minute' WHERE step_id IN (
		SELECT step_id FROM tasker.steps WHERE due_at IS NOT NULL ORDER BY step_id LIMIT 900)`)
	require.Equal(t, []int64{urgent}, mustQuery[[]int64](t, conn, first))
}

// TestUrgentStartAmongManyThatAreDue: thousands of starts are due, and an urgent one last of all. It goes out first, and the
// others by their rank, whichever was due before. Those that are known to be due are not looked at again: what a hand-out
// reads does not grow with them.
func TestUrgentStartAmongManyThatAreDue(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustQueueUp(t, conn, map[string]int{"busy": 3000})
	dbtest.Execute(t, conn, `UPDATE tasker.namespaces SET dispatch_window = 3;
		UPDATE tasker.steps SET state = 'waiting_for_retry', rank = rank + step_id % 10, due_at = clock_timestamp() - interval '1 minute' - interval '1 ms' * step_id
		 WHERE state = 'pending';
		UPDATE tasker.steps SET due_at = clock_timestamp(), rank = rank - 100 WHERE step_id = (SELECT min(step_id) FROM tasker.steps WHERE due_at IS NOT NULL)`)
	wanted := mustQuery[[]int64](t, conn, `SELECT ARRAY(SELECT step_id FROM tasker.steps WHERE due_at IS NOT NULL ORDER BY rank, step_id LIMIT 3)`)
	require.Equal(t, 3, mustHandOut(t, conn, 10))
	require.Equal(t, wanted, mustQuery[[]int64](t, conn, `SELECT ARRAY(SELECT s.step_id FROM tasker.steps s JOIN tasker.namespaces n USING (namespace_id)
		WHERE n.name = 'busy' AND state = 'enqueued' ORDER BY rank, step_id)`))
	require.Equal(t, "waiting_for_retry enqueued its start is due", mustQuery[string](t, conn, `SELECT concat_ws(' ', from_state, to_state, reason)
		FROM tasker.step_transitions WHERE step_id = $1`, wanted[0]))

	require.Equal(t, wanted[:0], mustQuery[[]int64](t, conn, `SELECT ARRAY(SELECT step_id FROM tasker.steps WHERE is_due AND state = 'enqueued')`))
	require.Equal(t, int64(2997), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.steps WHERE is_due AND state = 'waiting_for_retry'`))
	require.Negative(t, mustQuery[float64](t, conn, `SELECT tasker.next_due()`))
	require.Equal(t, "pending", mustQuery[string](t, conn, `SELECT state FROM tasker.create_task('{"namespace": "busy", "name": "one"}')`))
	require.Equal(t, int64(2998), mustQuery[int64](t, conn, `SELECT sum(ready_steps_count)::bigint FROM tasker.ready_tasks WHERE namespace_name = 'busy'`))
	require.Contains(t, mustQuery[string](t, conn, `SELECT explanation FROM tasker.explain_step((SELECT step_id FROM tasker.steps
		WHERE state = 'waiting_for_retry' ORDER BY rank DESC, step_id DESC LIMIT 1))`), "ready steps before it: more than 1000")

	dbtest.Execute(t, conn, `UPDATE tasker.steps SET state = 'complete', completed_at = now() WHERE state = 'enqueued'`)
	dbtest.Execute(t, conn, `VACUUM ANALYZE tasker.steps`)
	again := `SELECT tasker.enqueue_ready(1, 'test')`
	mustMeasure(t, conn, again)
	whole, pages := mustMeasure(t, conn, again)
	require.Empty(t, whole)
	require.Less(t, pages, 400.0)
}

// TestNewTasksDoNotOvertakeARetry: a retry is due and waits for the next tick. A task that is created meanwhile queues up
// behind it, however much room there is, and does not take its place.
func TestNewTasksDoNotOvertakeARetry(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "one", chain(1))
	dbtest.Execute(t, conn, `UPDATE tasker.namespaces SET dispatch_window = 1;
		UPDATE tasker.steps SET state = 'waiting_for_retry', due_at = clock_timestamp() + interval '1 hour'`)
	create := func() string {
		return mustQuery[string](t, conn, `SELECT state FROM tasker.create_task('{"namespace": "demo", "name": "one"}')`)
	}
	require.Equal(t, "in_progress", create(), "the retry is not due yet")
	dbtest.Execute(t, conn, `UPDATE tasker.steps SET state = 'complete', completed_at = now() WHERE state = 'enqueued';
		UPDATE tasker.steps SET due_at = clock_timestamp() WHERE state = 'waiting_for_retry'`)
	require.Equal(t, "pending", create())
	require.Equal(t, 1, mustHandOut(t, conn, 10))
	require.Equal(t, int64(1), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.steps WHERE state = 'enqueued' AND attempt = 2`))
}
