package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestRetentionByAge: what came to rest long ago goes, the oldest first, with all that belongs to it; what is open, or
// came to rest lately, stays however old it is.
func TestRetentionByAge(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	mustCrowd(t, conn, 3, "90 days", "80 days", "pending")
	mustCrowd(t, conn, 5, "70 days", "40 days", "complete")
	mustCrowd(t, conn, 1, "70 days", "40 days", "error")
	mustCrowd(t, conn, 4, "20 days", "10 days", "complete")
	mustCrowd(t, conn, 2, "90 days", "80 days", "cancelled")
	dbtest.Execute(t, conn, `UPDATE tasker.tasks SET completed_at = now() - interval '1 hour' WHERE state = 'cancelled'`)
	dbtest.Execute(t, conn, `INSERT INTO tasker.checkpoints SELECT step_id, 1, '7', now() FROM tasker.steps;
		INSERT INTO tasker.events (task_id, step_id, attempt, name, payload, at) SELECT task_id, step_id, 1, 'told', '{}', now() FROM tasker.steps`)
	oldest := mustQuery[string](t, conn, `SELECT string_agg(task_id::text, ' ' ORDER BY created_at DESC)
		FROM (SELECT task_id, created_at FROM tasker.tasks WHERE state = 'complete' ORDER BY created_at LIMIT 2) o`)
	left := func() string {
		return mustQuery[string](t, conn, `SELECT string_agg(state || ' ' || n, ', ' ORDER BY state) FROM (
			SELECT state, count(*) AS n FROM tasker.tasks GROUP BY state) c`)
	}
	require.NotEmpty(t, oldest)
	require.Equal(t, `{"steps": 4, "tasks": 2, "transitions": 6}`, mustJSON(t, conn, "SELECT * FROM tasker.delete_finished_tasks('30 days', 2)"))
	require.Equal(t, int64(0), mustQuery[int64](t, conn, "SELECT count(*) FROM tasker.tasks WHERE task_id = ANY (string_to_array($1, ' ')::uuid[])", oldest))
	require.Equal(t, `{"steps": 6, "tasks": 3, "transitions": 9}`, mustJSON(t, conn, "SELECT * FROM tasker.delete_finished_tasks('30 days', 10, errors_too => false)"))
	require.Equal(t, "cancelled 2, complete 4, error 1, pending 3", left())
	require.Equal(t, `{"steps": 2, "tasks": 1, "transitions": 3}`, mustJSON(t, conn, "SELECT * FROM tasker.delete_finished_tasks('30 days', 10)"))
	require.Equal(t, `{"steps": 0, "tasks": 0, "transitions": 0}`, mustJSON(t, conn, "SELECT * FROM tasker.delete_finished_tasks('30 days', 10)"))
	require.Equal(t, "cancelled 2, complete 4, pending 3", left())
	for _, orphans := range []string{"steps s LEFT JOIN tasker.tasks t USING (task_id)", "task_transitions s LEFT JOIN tasker.tasks t USING (task_id)",
		"events s LEFT JOIN tasker.tasks t USING (task_id)", "checkpoints s LEFT JOIN tasker.steps t USING (step_id)",
		"step_transitions s LEFT JOIN tasker.steps t USING (step_id)"} {
		require.Equal(t, int64(0), mustQuery[int64](t, conn, "SELECT count(*) FROM tasker."+orphans+" WHERE t IS NULL"), orphans)
	}
	for _, table := range []string{"steps", "events", "checkpoints"} {
		require.Equal(t, int64(18), mustQuery[int64](t, conn, "SELECT count(*) FROM tasker."+table), table)
	}
}

// TestRetentionGoesOnWhereItStopped: a batch does not read again what the one before has read, so old tasks that are
// open cost a series of batches one look; and nothing that lies before is forgotten in the end.
func TestRetentionGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	mustCrowd(t, conn, 8_000, "90 days", "80 days", "pending")
	mustCrowd(t, conn, 300, "70 days", "40 days", "complete")
	look := func() float64 {
		whole, _ := mustMeasure(t, conn, "SELECT * FROM tasker.delete_finished_tasks('30 days', 1)")
		require.Empty(t, whole)
		_, pages := mustMeasure(t, conn, "SELECT * FROM tasker.delete_finished_tasks('30 days', 1)") // now that the catalogs are known
		return pages
	}
	batch := func() int64 {
		return mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('30 days', 100)")
	}
	open := mustQuery[float64](t, conn, "SELECT max((ctid::text::point)[0]) FROM tasker.tasks WHERE state = 'pending'")
	require.Greater(t, open, 100.0, "pages with open tasks")

	first := look()
	require.Equal(t, int64(100), batch())
	second := look()
	require.Less(t, second, first-open/2, "pages: the second batch read the open tasks again")
	require.Equal(t, int64(100), batch())

	// Some that lie before that point come to rest meanwhile, and some behind it are asked for with another age.
	dbtest.Execute(t, conn, `UPDATE tasker.tasks SET state = 'cancelled', completed_at = now() - interval '31 days' WHERE task_id IN (
		SELECT task_id FROM tasker.tasks ORDER BY task_id LIMIT 5)`)
	require.Equal(t, int64(50), mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('30 days', 50)"))
	require.Equal(t, int64(5), mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('75 days', 50)")+
		mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('31 days', 5)"))
	require.Equal(t, int64(50), mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('30 days', 1000)"))
	require.Equal(t, int64(7_995), mustQuery[int64](t, conn, "SELECT count(*) FROM tasker.tasks"))
}

// TestTwoCleanUpAtOnce: neither waits for the other, and nothing is counted twice.
func TestTwoCleanUpAtOnce(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	dbtest.Execute(t, conn, "SET lock_timeout = '10s'")
	mustCrowd(t, conn, 30, "90 days", "80 days", "complete")
	other := dbtest.Connect(t, conn.Config().ConnString())
	tx, err := other.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context())
	require.Equal(t, int64(10), mustQuery[int64](t, tx, "SELECT tasks FROM tasker.delete_finished_tasks('30 days', 10)"))
	require.Equal(t, int64(20), mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('30 days', 100)"))
	require.NoError(t, tx.Commit(t.Context()))
	require.Equal(t, int64(0), mustQuery[int64](t, conn, "SELECT count(*) FROM tasker.tasks"))
}

// TestRetentionPassesOverOpenCheckpoints: a handler that saves a checkpoint in a transaction of its own holds its step, or
// the checkpoint, while somebody calls the task off. Clean-up takes the other tasks, as many as were asked for, and waits
// for nobody.
func TestRetentionPassesOverOpenCheckpoints(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	handler := dbtest.Connect(t, conn.Config().ConnString())
	dbtest.Execute(t, conn, "SET lock_timeout = '1s'")
	start := func() string {
		return mustQuery[string](t, conn, `SELECT task_id FROM tasker.create_task('{"namespace": "demo", "name": "pair"}')`)
	}
	cancel := func(task string) {
		require.Equal(t, "cancelled", mustQuery[string](t, conn, "SELECT tasker.cancel_task($1, 'operator')", task))
	}
	save := `SELECT tasker.save_checkpoint(step_id, 1, '7') FROM tasker.steps WHERE task_id = $1 AND name = 's0'`
	for _, further := range []bool{false, true} {
		running := start()
		if further {
			require.True(t, mustQuery[bool](t, conn, save, running))
		}
		tx, err := handler.Begin(t.Context())
		require.NoError(t, err)
		require.True(t, mustQuery[bool](t, tx, save, running))
		cancel(running)
		cancel(start())
		cancel(start())
		require.Equal(t, int64(2), mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('0', 2)"), "further: %t", further)
		require.Equal(t, running, mustQuery[string](t, conn, "SELECT string_agg(task_id::text, ' ') FROM tasker.tasks"))
		require.NoError(t, tx.Commit(t.Context()))
		require.Equal(t, int64(1), mustQuery[int64](t, conn, "SELECT tasks FROM tasker.delete_finished_tasks('0', 2)"))
	}
}

// TestArchivesOfOthersStay: only our queues' archives are cleaned, the oldest of each first, and by number over all.
func TestArchivesOfOthersStay(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "pair", chain(2))
	dbtest.Execute(t, conn, "SELECT pgmq.create('of_others')")
	for _, queue := range []string{"demo_queue", "orchestration_step_results", "orchestration_task_requests", "of_others"} {
		dbtest.Execute(t, conn, "SELECT pgmq.archive('"+queue+"', ARRAY(SELECT pgmq.send_batch('"+queue+"', ARRAY['1', '2', '3']::jsonb[])))")
		dbtest.Execute(t, conn, "UPDATE pgmq.a_"+queue+" SET archived_at = now() - interval '1 day' * message::text::integer WHERE message <> '1'")
	}
	for _, want := range []int64{4, 2, 0} {
		require.Equal(t, want, mustQuery[int64](t, conn, "SELECT tasker.delete_archived_messages('1 day', 4)"))
	}
	for queue, want := range map[string]string{"demo_queue": "1", "orchestration_step_results": "1", "orchestration_task_requests": "1", "of_others": "1 2 3"} {
		require.Equal(t, want, mustQuery[string](t, conn, "SELECT string_agg(message::text, ' ' ORDER BY message) FROM pgmq.a_"+queue))
	}
}
