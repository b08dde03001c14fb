package orchestrator_test

import (
	"context"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/schema"
)

// TestRestoredBackup dumps schema tasker alone, in the middle of everything, and restores it into a database that has no
// queue. After a migrate, as the check demands, the sweep brings every queue and every message back, and all completes.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	from, to := dbtest.URL(t), dbtest.Empty(t)
	pool, o := openPool(t, from), open(t, from)
	names := registerConformance(t, o)
	for _, name := range names {
		createBySQL(t, pool, name, expected(t).Context)
	}
	w := plainWorker{pool, "conformance", 30 * time.Second}
	for range 2 {
		_, err := w.round(t.Context())
		require.NoError(t, err)
		_, err = o.Tick(t.Context())
		require.NoError(t, err)
	}
	say(t, pool, `SELECT tasker.start_steps(jsonb_agg(jsonb_build_object('step_id', step_id, 'attempt', attempt)), 'worker')
		FROM tasker.steps WHERE state = 'enqueued'`)
	restore(t, from, to)

	restored := openPool(t, to)
	missing := 3                                                          // the queue of the namespace and the orchestrator's two
	if ask[bool](t, restored, `SELECT to_regnamespace('pgmq') IS NULL`) { // else somebody else's is there already
		missing = 1 // migrate will make the others
		err := schema.Check(t.Context(), restored)
		require.ErrorIs(t, err, schema.ErrAbsent)
		require.ErrorContains(t, err, "run `tasker migrate`")
	}
	require.NoError(t, schema.Migrate(t.Context(), dbtest.Connect(t, to)))
	require.NoError(t, schema.Check(t.Context(), restored))
	require.Equal(t, ask[int](t, pool, `SELECT count(*) FROM tasker.steps`), ask[int](t, restored, `SELECT count(*) FROM tasker.steps`))

	again := open(t, to)
	r := sweep(t, again)
	require.Equal(t, missing, r.Recreated)
	require.Equal(t, ask[int](t, restored, `SELECT count(*) FROM tasker.steps WHERE state IN ('enqueued', 'in_progress')`), r.Suspected)
	later(t, restored)
	require.Equal(t, r.Suspected, sweep(t, again).Resent)
	again.Start()
	work(t, 1, plainWorker{restored, "conformance", 30 * time.Second})
	requireComplete(t, restored, len(names))
	requireAccepted(t, restored)
}

// restore dumps schema tasker of a database into another one.
func restore(t *testing.T, from, to string) {
	t.Helper()
	dbtest.NeedsDump(t)
	file := t.TempDir() + "/tasker.dump"
	for _, command := range [][]string{
		{"pg_dump", "--format=custom", "--schema=tasker", "--file=" + file, from},
		{"pg_restore", "--exit-on-error", "--dbname=" + to, file},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput() //nolint:gosec // PostgreSQL's own programs
		require.NoError(t, err, "%s: %s", command[0], out)
	}
}

// stubbornWorker is a plain worker that goes on when its queue is gone.
type stubbornWorker struct{ plainWorker }

func (w stubbornWorker) run(ctx context.Context) {
	for ctx.Err() == nil {
		if n, err := w.round(ctx); err != nil || n == 0 {
			wait(ctx, 5*time.Millisecond)
		}
	}
}

// TestQueuesDroppedWhileRunning drops, purges and makes anew the queues of everybody while orchestrators, workers and
// callers run. Every task completes, and each step was accepted once.
func TestQueuesDroppedWhileRunning(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	pool := openPool(t, url)
	names := registerConformance(t, open(t, url))
	for range 2 {
		o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url,
			PollInterval: 20 * time.Millisecond, SweepInterval: 100 * time.Millisecond, Lease: time.Second})
		require.NoError(t, err)
		t.Cleanup(o.Close)
		o.Start()
	}
	for range 2 {
		background(t, stubbornWorker{plainWorker{pool, "conformance", time.Second}}.run)
	}
	tasks := 0
	for _, damage := range []string{
		`SELECT pgmq.purge_queue('conformance_queue')`,
		`SELECT pgmq.drop_queue('conformance_queue')`,
		`DROP TABLE pgmq.q_conformance_queue`,
		`DELETE FROM pgmq.meta WHERE queue_name = 'conformance_queue'`,
		`SELECT pgmq.drop_queue('conformance_queue'), pgmq.create('conformance_queue')`,
		`SELECT pgmq.purge_queue('orchestration_step_results')`,
		`SELECT pgmq.drop_queue('orchestration_step_results')`,
		`SELECT pgmq.drop_queue('orchestration_task_requests')`,
	} {
		for _, name := range names {
			createBySQL(t, pool, name, expected(t).Context)
			tasks++
		}
		require.Eventually(t, func() bool { // whole again after the one before
			return ask[int](t, pool, `SELECT count(*) FROM pgmq.meta WHERE to_regclass('pgmq.q_' || queue_name) IS NOT NULL`) == 3
		}, 30*time.Second, time.Millisecond)
		say(t, pool, damage)
	}
	requireComplete(t, pool, tasks)
	require.Zero(t, ask[int](t, pool, `SELECT count(*) FROM tasker.steps s WHERE (SELECT count(*) FROM tasker.step_transitions h
		WHERE h.step_id = s.step_id AND h.to_state = 'complete') <> 1`))
	require.Zero(t, ask[int](t, pool, `SELECT count(*) FROM tasker.dead_letters`))
}

// TestQueueMadeByTwo: a template is being registered, whose queue is gone, while the sweep finds that it is. Whoever
// comes second has nothing to do and waits for nobody.
func TestQueueMadeByTwo(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	wide(t, o, "demo", 1)
	say(t, pool, `SELECT pgmq.drop_queue('demo_queue')`)
	registering := begin(t, pool)
	say(t, registering, `SELECT tasker.register_template((SELECT jsonb_set(definition, '{version}', '"2.0.0"') FROM tasker.templates))`)
	require.Equal(t, orchestrator.Report{}, sweep(t, o), "the other one is at it")
	require.NoError(t, registering.Commit(t.Context()))
	require.Equal(t, orchestrator.Report{Suspected: 1}, sweep(t, o))
	_, err := queue.Take(t.Context(), pool, "demo_queue", 0, 1)
	require.NoError(t, err)

	say(t, pool, `SELECT pgmq.drop_queue('demo_queue')`)
	sweeping := begin(t, pool)
	require.Equal(t, 1, ask[int](t, sweeping, `SELECT recreated FROM tasker.sweep(30, 100, 'another')`))
	registered := inBackground(t, pool, `SELECT tasker.register_template((SELECT jsonb_set(definition, '{version}', '"3.0.0"')
		FROM tasker.templates WHERE version = '2.0.0'))`)
	require.NoError(t, sweeping.Commit(t.Context()))
	require.NoError(t, <-registered)
	require.Equal(t, 3, ask[int](t, pool, `SELECT count(*) FROM tasker.templates`))
}

// background runs something until the test is over.
func background(t *testing.T, f func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

// inBackground runs SQL on a connection of its own and returns once it waits for a lock.
func inBackground(t *testing.T, pool *pgxpool.Pool, sql string) <-chan error {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	pid := conn.Conn().PgConn().PID()
	done := make(chan error, 1)
	background(t, func(ctx context.Context) {
		_, err := conn.Exec(ctx, sql)
		conn.Release()
		done <- err
	})
	require.Eventually(t, func() bool {
		return ask[bool](t, pool, `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)`, pid)
	}, 10*time.Second, time.Millisecond)
	return done
}
