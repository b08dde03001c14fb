package orchestrator_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// These tests lose things, and play the sweep against those who are at work in the same moment, statement by statement.

// say runs SQL of the test's own.
func say(t *testing.T, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, sql string, arguments ...any) {
	t.Helper()
	rows, err := q.Query(t.Context(), sql, arguments...)
	require.NoError(t, err)
	rows.Close()
	require.NoError(t, rows.Err())
}

// ask gives the one value that SQL finds.
func ask[T any](t *testing.T, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, sql string, arguments ...any) (value T) {
	t.Helper()
	require.NoError(t, q.QueryRow(t.Context(), sql, arguments...).Scan(&value))
	return value
}

func begin(t *testing.T, pool *pgxpool.Pool) pgx.Tx {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func sweep(t *testing.T, o *orchestrator.Orchestrator) orchestrator.Report {
	t.Helper()
	r, err := o.Sweep(t.Context())
	require.NoError(t, err)
	return r
}

// later lets as much time pass as a suspect gets.
func later(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	say(t, pool, `UPDATE tasker.suspects SET since = since - interval '31 seconds'`)
}

// suspected makes a task of one step that has lost its message and is suspected for longer than a lease.
func suspected(t *testing.T, o *orchestrator.Orchestrator, pool *pgxpool.Pool) (taskID string) {
	t.Helper()
	taskID = wide(t, o, "demo", 1)
	say(t, pool, `SELECT pgmq.purge_queue('demo_queue')`)
	require.Equal(t, 1, sweep(t, o).Suspected)
	later(t, pool)
	return taskID
}

const messages = `SELECT count(*) FROM pgmq.q_demo_queue`

// TestSweepMeetsApply: the result of a suspect is being applied while the sweep comes for its second look. The one who
// is first has the task; the other one leaves it alone.
func TestSweepMeetsApply(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	task := suspected(t, o, pool)
	answer(t, pool, task)
	applying := begin(t, pool)
	say(t, applying, `SELECT FROM tasker.tasks WHERE task_id = $1 FOR NO KEY UPDATE`, task)
	say(t, applying, `SELECT FROM tasker.steps WHERE task_id = $1 FOR NO KEY UPDATE`, task)
	say(t, applying, `SELECT tasker.apply_results((SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id, 'step_id', message -> 'step_id',
		'attempt', 1, 'outcome', 'complete', 'failures', 0)) FROM pgmq.q_orchestration_step_results),
		ARRAY(SELECT msg_id FROM pgmq.q_orchestration_step_results), 'another')`)
	require.Equal(t, orchestrator.Report{}, sweep(t, o))
	require.NoError(t, applying.Commit(t.Context()))
	require.Equal(t, orchestrator.Report{}, sweep(t, o))
	require.Equal(t, "complete", stateOf(t, pool, task))
	require.Zero(t, ask[int](t, pool, messages))

	task = suspected(t, o, pool)
	sweeping := begin(t, pool)
	require.Equal(t, 1, ask[int](t, sweeping, `SELECT resent FROM tasker.sweep(30, 100, 'another')`))
	answer(t, pool, task) // late, but not too late
	r, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, r.Postponed)
	require.Equal(t, orchestrator.Report{}, sweep(t, o), "one sweep at a time")
	require.NoError(t, sweeping.Commit(t.Context()))
	require.Eventually(t, func() bool {
		_, err := o.Tick(t.Context())
		return err == nil && stateOf(t, pool, task) == "complete"
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, "stale", ask[string](t, pool, `SELECT answer FROM tasker.read_steps('demo', 30, 10, 'worker')`))
}

// TestSweepMeetsReply: a worker has taken its message off and put its result on, and has not committed. Whatever the
// sweep sees, it is one of the two.
func TestSweepMeetsReply(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	task := wide(t, o, "demo", 1)
	replying := begin(t, pool)
	say(t, replying, `DELETE FROM pgmq.q_demo_queue`)
	say(t, replying, `SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id,
		'task_id', task_id, 'attempt', attempt, 'status', 'success')) FROM tasker.steps`)
	require.Equal(t, orchestrator.Report{}, sweep(t, o))
	require.NoError(t, replying.Commit(t.Context()))
	require.Equal(t, orchestrator.Report{}, sweep(t, o))
	say(t, pool, `UPDATE pgmq.q_orchestration_step_results SET vt = vt + interval '1 hour'`)
	require.Equal(t, orchestrator.Report{}, sweep(t, o), "a result that nobody sees is one too")
	say(t, pool, `UPDATE pgmq.q_orchestration_step_results SET vt = clock_timestamp()`)
	_, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, "complete", stateOf(t, pool, task))
}

// TestSweepMeetsReleaseAndHeartbeat: what a worker does with its lease, committed or not, costs no step its message and
// no worker its step.
func TestSweepMeetsReleaseAndHeartbeat(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	wide(t, o, "demo", 1)
	msgID := ask[int64](t, pool, `SELECT msg_id FROM tasker.read_steps('demo', 30, 10, 'worker')`)
	for _, act := range []string{`SELECT tasker.extend_leases('demo', 30, ARRAY[$1::bigint], ARRAY[1])`,
		`SELECT tasker.release_steps('demo', (SELECT jsonb_build_array(jsonb_build_object('msg_id', $1::bigint, 'read_ct', 1,
			'step_id', step_id, 'attempt', attempt)) FROM tasker.steps))`} {
		worker := begin(t, pool)
		say(t, worker, act, msgID)
		require.Equal(t, orchestrator.Report{}, sweep(t, o))
		require.NoError(t, worker.Commit(t.Context()))
		require.Equal(t, orchestrator.Report{}, sweep(t, o))
	}
	require.Equal(t, "enqueued 1", ask[string](t, pool, `SELECT state || ' ' || attempt FROM tasker.steps`))
}

// TestSweepWaitsForNobody: somebody holds the task of one suspect and the queue of another's namespace. The sweep does
// what it can, and the rest afterwards.
func TestSweepWaitsForNobody(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	held := wide(t, o, "demo", 1)
	wide(t, o, "other", 1)
	wide(t, o, "free", 1)
	say(t, pool, `SELECT pgmq.purge_queue('demo_queue'), pgmq.purge_queue('other_queue'), pgmq.purge_queue('free_queue')`)
	require.Equal(t, 3, sweep(t, o).Suspected)
	later(t, pool)
	hold(t, pool, held)
	purging := begin(t, pool)
	say(t, purging, `LOCK pgmq.q_other_queue`)

	start := time.Now()
	require.Equal(t, 1, sweep(t, o).Resent)
	require.Less(t, time.Since(start), 3*time.Second)
	require.Equal(t, 1, ask[int](t, pool, `SELECT count(*) FROM pgmq.q_free_queue`))
	require.NoError(t, purging.Rollback(t.Context()))
	require.Equal(t, 1, sweep(t, o).Resent)
	require.Equal(t, 1, ask[int](t, pool, `SELECT count(*) FROM tasker.suspects`))
}

// TestSweepBeginsWithOthers: suspects of a task that somebody holds are more than a sweep looks at. The others have
// their turn all the same.
func TestSweepBeginsWithOthers(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	held := wide(t, o, "demo", 20)
	free := wide(t, o, "demo", 1)
	say(t, pool, `SELECT pgmq.purge_queue('demo_queue')`)
	require.Equal(t, 21, sweep(t, o).Suspected)
	later(t, pool)
	hold(t, pool, held)
	resent := 0
	for range 3 {
		resent += ask[int](t, pool, `SELECT resent FROM tasker.sweep(30, 10, 'sweeper')`)
	}
	require.Equal(t, 1, resent)
	require.Equal(t, free, ask[string](t, pool, `SELECT message ->> 'task_id' FROM pgmq.q_demo_queue`))
}

// TestBusyCostsNothing: somebody's transaction holds a step while workers ask for it, again and again. Nobody died.
func TestBusyCostsNothing(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	task := wide(t, o, "demo", 1)
	holding := begin(t, pool)
	say(t, holding, `SELECT FROM tasker.steps WHERE task_id = $1 FOR UPDATE`, task)
	for range 20 {
		require.Equal(t, "busy", ask[string](t, pool, `SELECT answer FROM tasker.read_steps('demo', 0, 10, 'worker')`))
	}
	require.NoError(t, holding.Rollback(t.Context()))
	require.Equal(t, orchestrator.Report{}, sweep(t, o))
	require.Equal(t, "in_progress", stateOf(t, pool, task))
}

// TestQueueThatMayNotBeMade: the role that sweeps has no right to make tables. The queue of one namespace stays gone; the
// others are looked after.
func TestQueueThatMayNotBeMade(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	wide(t, o, "gone", 1)
	wide(t, o, "demo", 1)
	say(t, pool, `SELECT pgmq.drop_queue('gone_queue'), pgmq.purge_queue('demo_queue')`)
	sweeper := begin(t, pool)
	role := "sweeper_" + ask[string](t, pool, `SELECT substr(md5(current_database()), 1, 10)`)
	say(t, sweeper, `CREATE ROLE `+role)
	for _, schema := range []string{"tasker", "pgmq"} {
		say(t, sweeper, `GRANT USAGE ON SCHEMA `+schema+` TO `+role)
		say(t, sweeper, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA `+schema+` TO `+role)
	}
	say(t, sweeper, `SET LOCAL ROLE `+role)
	require.Equal(t, "(1,0,0,0)", ask[string](t, sweeper, `SELECT s::text FROM tasker.sweep(30, 100, 'sweeper') s`))
}
