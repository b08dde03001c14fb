package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// start asks for one task through one door, and says whether it made one.
type start func(ctx context.Context, request tasker.Request) (created bool, err error)

// TestOneTaskForAKey: two hundred starts with one key, through every door at once, while tasks finish. Whatever the
// scope, no two tasks hold the key at the same time, and nobody goes away without a task.
func TestOneTaskForAKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		identity tasker.Identity
		key      string
	}{
		{tasker.Identity{Strategy: tasker.IdentityStrict, Scope: tasker.ScopeOpen}, ""},
		{tasker.Identity{Strategy: tasker.IdentityStrict, Scope: tasker.ScopeForever}, ""},
		{tasker.Identity{Strategy: tasker.IdentityCallerProvided, Scope: tasker.ScopeOpen}, "K"},
	} {
		t.Run(fmt.Sprint(c.identity), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t)
			o, pool := open(t, url), openPool(t, url)
			single(t, o, "order", c.identity)
			created := startAll(t, o, pool, 200, tasker.Request{Namespace: "demo", Name: "order", IdempotencyKey: c.key})
			tasks := requireNoOverlap(t, pool)
			require.Equal(t, tasks, created, "every task was made by exactly one start")
			if c.identity.Scope == tasker.ScopeForever {
				require.Equal(t, 1, tasks)
			} else {
				require.Greater(t, tasks, 1)
			}
		})
	}
}

// single registers a template of one step.
func single(t *testing.T, o *orchestrator.Orchestrator, name string, identity tasker.Identity) {
	t.Helper()
	_, err := o.RegisterTemplate(t.Context(), tasker.Template{Namespace: "demo", Name: name, Version: "1.0.0", Identity: identity,
		Steps: []tasker.Step{{Name: "a", HandlerClass: "A", MaxAttempts: 1, Backoff: tasker.DefaultBackoff}}})
	require.NoError(t, err)
}

// startAll makes the starts and finishes tasks meanwhile, until every start has its answer and nothing is open. It gives
// how many tasks were made, by the word of those who asked.
func startAll(t *testing.T, o *orchestrator.Orchestrator, pool *pgxpool.Pool, starts int, request tasker.Request) int {
	t.Helper()
	doors := []start{
		func(ctx context.Context, r tasker.Request) (created bool, err error) {
			err = pool.QueryRow(ctx, `SELECT created FROM tasker.create_task($1)`, r).Scan(&created)
			return created, err
		},
		func(ctx context.Context, r tasker.Request) (bool, error) {
			answer, err := o.CreateTask(ctx, r)
			return answer.Created, err
		},
		func(ctx context.Context, r tasker.Request) (bool, error) {
			raw, err := r.Encode()
			if err == nil {
				_, err = queue.Send(ctx, pool, queue.TaskRequests, raw)
			}
			return false, err // the tick's report says it
		},
	}
	normal, err := request.Normal()
	require.NoError(t, err)
	var made, left atomic.Int64
	left.Store(int64(starts))
	var everybody sync.WaitGroup
	for i := range 8 {
		everybody.Go(func() {
			for n := i; n < starts; n += 8 {
				if n >= starts/2 && !assertEventually(func() bool { return anyFinished(t.Context(), pool) }, time.Minute) {
					t.Error("no task finishes")
				}
				created, err := doors[n%len(doors)](t.Context(), normal)
				left.Add(-1)
				if !assertNoError(t, err) {
					return
				}
				if created {
					made.Add(1)
				}
			}
		})
	}
	made.Add(finishAll(t, o, pool, &left))
	everybody.Wait()
	return int(made.Load())
}

// anyFinished is what the second half waits for, so that some come after a task has ended.
func anyFinished(ctx context.Context, pool *pgxpool.Pool) (finished bool) {
	err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tasker.tasks WHERE completed_at IS NOT NULL)`).Scan(&finished)
	return err == nil && finished
}

func assertNoError(t *testing.T, err error) bool {
	if err != nil {
		t.Errorf("a start failed: %v", err)
	}
	return err == nil
}

// finishAll answers and ticks until nobody starts any more and all is at rest; it gives what was admitted.
func finishAll(t *testing.T, o *orchestrator.Orchestrator, pool *pgxpool.Pool, left *atomic.Int64) (admitted int64) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		started := left.Load() <= 0
		_, err := pool.Exec(t.Context(), `SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1,
			'step_id', step_id, 'task_id', task_id, 'attempt', attempt, 'status', 'success')) FROM tasker.steps WHERE state = 'enqueued'`)
		require.NoError(t, err)
		report, err := o.Tick(t.Context())
		require.NoError(t, err)
		admitted += int64(report.Admitted)
		var busy bool
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM tasker.tasks WHERE completed_at IS NULL)
			OR EXISTS (SELECT FROM pgmq.q_orchestration_task_requests)`).Scan(&busy))
		if started && !busy {
			return admitted
		}
		require.True(t, time.Now().Before(deadline), "tasks are still open")
	}
}

// requireNoOverlap: each task began after the one before it had ended. It gives how many there are.
func requireNoOverlap(t *testing.T, pool *pgxpool.Pool) (tasks int) {
	t.Helper()
	var overlaps, letters int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE created_at < ended),
		(SELECT count(*) FROM tasker.dead_letters)
		FROM (SELECT created_at, lag(completed_at) OVER (ORDER BY created_at) AS ended FROM tasker.tasks) t`).Scan(&tasks, &overlaps, &letters))
	require.Zero(t, overlaps)
	require.Zero(t, letters)
	return tasks
}

// TestKeyTakenAgain: an operator retries a failed task, which takes its key again. A start in that moment waits for
// the outcome and gets that task.
func TestKeyTakenAgain(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	single(t, o, "order", tasker.Identity{Strategy: tasker.IdentityStrict, Scope: tasker.ScopeOpen})
	request := tasker.Request{Namespace: "demo", Name: "order"}
	first, err := o.CreateTask(t.Context(), request)
	require.NoError(t, err)
	fail(t, pool)
	_, err = o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, "error", stateOf(t, pool, first.TaskID))

	operator, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = operator.Exec(t.Context(), `SELECT tasker.retry_task($1, 'ops')`, first.TaskID)
	require.NoError(t, err)
	second := make(chan orchestrator.Created, 1)
	go func() {
		answer, err := o.CreateTask(t.Context(), request)
		assertNoError(t, err)
		second <- answer
	}()
	require.True(t, assertEventually(func() bool {
		var waits bool
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
			WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted)`).Scan(&waits))
		return waits
	}, 20*time.Second), "the start does not wait for the operator")
	require.NoError(t, operator.Commit(t.Context()))
	answer := <-second
	require.False(t, answer.Created)
	require.Equal(t, first.TaskID, answer.TaskID)
}

// fail answers every step that is out with a failure that stops it.
func fail(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1,
		'step_id', step_id, 'task_id', task_id, 'attempt', attempt, 'status', 'failed',
		'error', jsonb_build_object('error_type', 'Boom', 'message', 'no', 'retryable', false))) FROM tasker.steps WHERE state = 'enqueued'`)
	require.NoError(t, err)
}

// TestRegisterAtOnce: many processes boot on an empty database and register. Equal content is welcome from all; of
// different contents one wins and everybody else learns the difference.
func TestRegisterAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, dbtest.URL(t))
	register := func(name string, attempts func(i int) int) (created, refused int) {
		var made, conflicts atomic.Int64
		var everybody sync.WaitGroup
		for i := range 16 {
			everybody.Go(func() {
				r, err := o.RegisterTemplate(t.Context(), tasker.Template{Namespace: "demo", Name: name, Version: "1.0.0",
					Steps: []tasker.Step{{Name: "a", HandlerClass: "A", MaxAttempts: attempts(i), Backoff: tasker.DefaultBackoff}}})
				switch conflict := (*tasker.Error)(nil); {
				case err == nil && r.Created:
					made.Add(1)
				case err != nil && errors.As(err, &conflict) && conflict.Code == tasker.CodeConflict &&
					strings.Contains(conflict.Message, "\n  /steps/a/max_attempts: "):
					conflicts.Add(1)
				default:
					assertNoError(t, err)
				}
			})
		}
		everybody.Wait()
		return int(made.Load()), int(conflicts.Load())
	}
	created, refused := register("equal", func(int) int { return 3 })
	require.Equal(t, [2]int{1, 0}, [2]int{created, refused})
	created, refused = register("different", func(i int) int { return i + 1 })
	require.Equal(t, [2]int{1, 15}, [2]int{created, refused})
}
