package orchestrator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// Two sessions, step by step: what one finds that comes while another is at work.

// turns opens a transaction that is rolled back at the end of the test, unless it was committed.
func turns(t *testing.T, pool *pgxpool.Pool, level pgx.TxIsoLevel) pgx.Tx {
	t.Helper()
	tx, err := pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// waiting starts a statement in a session of its own, sees that it waits for a lock, and gives its end.
func waiting(t *testing.T, pool *pgxpool.Pool, sql string, arguments ...any) (end func() (text string, err error)) {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	type outcome struct {
		text string
		err  error
	}
	over := make(chan outcome, 1)
	go func() {
		defer conn.Release()
		var o outcome
		o.err = conn.QueryRow(t.Context(), sql, arguments...).Scan(&o.text)
		over <- o
	}()
	pid := conn.Conn().PgConn().PID()
	require.True(t, assertEventually(func() (waits bool) {
		err := pool.QueryRow(t.Context(), `SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1`, pid).Scan(&waits)
		return err == nil && waits
	}, 10*time.Second), "%s does not wait", sql)
	return func() (string, error) {
		select {
		case o := <-over:
			return o.text, o.err
		case <-time.After(10 * time.Second):
			return "", errors.New("still waiting")
		}
	}
}

func requireSQLState(t *testing.T, code string, err error) {
	t.Helper()
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.Code, refused.Message)
}

// changes is what may happen to a task while an operator's transaction of level REPEATABLE READ looks at an old picture of it.
var changes = map[string]string{
	"a result was applied": `SELECT tasker.apply_results(jsonb_build_array(jsonb_build_object('msg_id', 0, 'step_id', step_id,
		'attempt', 1, 'outcome', 'complete', 'failures', 0, 'delay_seconds', 0)), '{}', 'test')
		FROM tasker.steps WHERE name = 'plain' AND task_id = $1`,
	"a worker started": `SELECT tasker.start_steps(jsonb_build_array(jsonb_build_object('step_id', step_id, 'attempt', 1)), 'test')
		FROM tasker.steps WHERE name = 'plain' AND task_id = $1`,
	"another operator skipped a step": `SELECT tasker.skip_step($1, 'skippable', 'test')`,
	"another operator paused it":      `SELECT tasker.pause_task($1, 'test')`,
	"another operator cancelled it":   `SELECT tasker.cancel_task($1, 'test')`,
}

// TestAnOldPictureIsRefused: whoever looked before something changed gets 40001 and repeats; never a verdict over a
// picture that is not true any more.
func TestAnOldPictureIsRefused(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for what, change := range changes {
		for _, control := range []string{`cancel_task($1, 'test')`, `resolve_task($1, 'test')`, `cancel_step($1, 'plain', 'test')`,
			`resolve_step($1, 'plain', 'null', 'test')`, `skip_step($1, 'skippable', 'test')`} {
			id := standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
			tx := turns(t, pool, pgx.RepeatableRead)
			_, err := tx.Exec(t.Context(), `SELECT FROM tasker.tasks`)
			require.NoError(t, err)
			_, err = pool.Exec(t.Context(), change, id)
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), `SELECT tasker.`+control, id)
			require.Error(t, err, "%s, then %s", what, control)
			requireSQLState(t, "40001", err)
			require.NoError(t, tx.Rollback(t.Context()))
		}
	}
}

// TestAnOldPictureOfAPauseIsRefused: that nothing changes may not be said of a flag that another one turned meanwhile.
func TestAnOldPictureOfAPauseIsRefused(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
	for _, pause := range []string{`pause_task('` + id + `', 'test')`, `pause_namespace('demo', 'test')`, `pause_everything('test')`} {
		tx := turns(t, pool, pgx.RepeatableRead)
		_, err := tx.Exec(t.Context(), `SELECT FROM tasker.tasks`)
		require.NoError(t, err)
		_, err = pool.Exec(t.Context(), `SELECT tasker.`+pause)
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), `SELECT tasker.`+pause)
		requireSQLState(t, "40001", err)
		require.NoError(t, tx.Rollback(t.Context()))
	}
}

// TestControlWaitsAndJudgesWhatItFinds: an operator who comes while another is at work waits, and then judges what that
// one left behind, not what stood there before.
func TestControlWaitsAndJudgesWhatItFinds(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
	first := turns(t, pool, pgx.ReadCommitted)
	_, err := first.Exec(t.Context(), `SELECT tasker.resolve_step($1, 'plain', 'null', 'first')`, id)
	require.NoError(t, err)
	end := waiting(t, pool, `SELECT tasker.skip_step($1, 'skippable', 'second')`, id)
	require.NoError(t, first.Commit(t.Context()))
	state, err := end()
	require.NoError(t, err)
	require.Equal(t, "skipped", state)
	require.Equal(t, "complete", stateOf(t, pool, id), "the second saw what the first had done")

	id = standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
	first = turns(t, pool, pgx.ReadCommitted)
	_, err = first.Exec(t.Context(), `SELECT tasker.cancel_task($1, 'first')`, id)
	require.NoError(t, err)
	end = waiting(t, pool, `SELECT tasker.resolve_step($1, 'plain', 'null', 'second')`, id)
	require.NoError(t, first.Commit(t.Context()))
	_, err = end()
	requireSQLState(t, "TK422", err)

	id = standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
	first = turns(t, pool, pgx.ReadCommitted)
	_, err = first.Exec(t.Context(), `SELECT tasker.pause_task($1, 'first')`, id)
	require.NoError(t, err)
	end = waiting(t, pool, `SELECT tasker.pause_task($1, 'second')`, id)
	require.NoError(t, first.Commit(t.Context()))
	_, err = end()
	require.NoError(t, err)
	var pauses int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM tasker.pauses`).Scan(&pauses))
	require.Equal(t, 1, pauses, "the second found it paused already")
}

// TestAPauseWaitsForTheHandOut: when pause_namespace returns, a hand-out that was under way is over, and until the caller
// commits none begins.
func TestAPauseWaitsForTheHandOut(t *testing.T) {
	t.Parallel()
	for _, pause := range []string{`SELECT tasker.pause_namespace('demo', 'ops')::text`, `SELECT tasker.pause_everything('ops')::text`} {
		pool := dbtest.New(t)
		o := open(t, pool.Config().ConnString())
		id := standingIn(t, pool, tasker.TaskInProgress, tasker.StepPending)
		handOut := turns(t, pool, pgx.ReadCommitted)
		var enqueued int
		require.NoError(t, handOut.QueryRow(t.Context(), `SELECT enqueued FROM tasker.enqueue_ready(1, 'test')`).Scan(&enqueued))
		require.Equal(t, 1, enqueued)
		end := waiting(t, pool, pause)
		require.NoError(t, handOut.Commit(t.Context()))
		changed, err := end()
		require.NoError(t, err)
		require.Equal(t, "true", changed)
		requireAnswers(t, pool, id, "paused")

		_, err = pool.Exec(t.Context(), `SELECT tasker.resume_everything('ops'), tasker.resume_namespace('demo', 'ops')`)
		require.NoError(t, err)
		caller := turns(t, pool, pgx.ReadCommitted)
		_, err = caller.Exec(t.Context(), pause)
		require.NoError(t, err)
		report, err := o.Tick(t.Context())
		require.NoError(t, err)
		require.Zero(t, report.Enqueued)
		require.Equal(t, 1, report.Contended)
		require.NoError(t, caller.Commit(t.Context()))
		report, err = o.Tick(t.Context())
		require.NoError(t, err)
		require.Zero(t, report.Enqueued+report.Contended)
	}
}

// requireAnswers announces the start of what is out of a task.
func requireAnswers(t *testing.T, pool *pgxpool.Pool, taskID, expected string) {
	t.Helper()
	var answer string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT a.answer FROM tasker.start_steps((
		SELECT jsonb_agg(jsonb_build_object('step_id', step_id, 'attempt', attempt)) FROM tasker.steps
		 WHERE task_id = $1 AND state = 'enqueued'), 'worker') a`, taskID).Scan(&answer))
	require.Equal(t, expected, answer)
}

// failedWithKey makes a task in error that gave its key K back.
func failedWithKey(t *testing.T, pool *pgxpool.Pool) (id string) {
	t.Helper()
	id = standingIn(t, pool, tasker.TaskError, tasker.StepError)
	_, err := pool.Exec(t.Context(), `UPDATE tasker.tasks SET idempotency_key = 'K', key_scope = 'open', key_held = false WHERE task_id = $1`, id)
	require.NoError(t, err)
	return id
}

const createWithKey = `SELECT tasker.create_task('{"namespace": "demo", "name": "standing", "idempotency_key": "K"}')`

// TestAReopeningWaitsForTheKey: somebody creates a task with the key of a failed one that is just being retried. The retry
// waits for that, and is refused when it happens, done when it does not.
func TestAReopeningWaitsForTheKey(t *testing.T) {
	t.Parallel()
	for _, retry := range []string{`SELECT tasker.retry_task($1, 'ops')`, `SELECT tasker.retry_step($1, 'plain', 'ops')`} {
		for _, commits := range []bool{true, false} {
			pool := dbtest.New(t)
			id := failedWithKey(t, pool)
			creator := turns(t, pool, pgx.ReadCommitted)
			_, err := creator.Exec(t.Context(), createWithKey)
			require.NoError(t, err)
			end := waiting(t, pool, retry, id)
			if commits {
				require.NoError(t, creator.Commit(t.Context()))
				_, err = end()
				requireSQLState(t, "TK422", err)
				require.ErrorContains(t, err, "holds its idempotency key")
				continue
			}
			require.NoError(t, creator.Rollback(t.Context()))
			_, err = end()
			require.NoError(t, err)
			require.Equal(t, "in_progress", stateOf(t, pool, id))
		}
	}
}

// TestACreatorFindsTheReopenedTask: the other way round, a request with the key waits for the retry, and gets its task.
func TestACreatorFindsTheReopenedTask(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := failedWithKey(t, pool)
	operator := turns(t, pool, pgx.ReadCommitted)
	_, err := operator.Exec(t.Context(), `SELECT tasker.retry_task($1, 'ops')`, id)
	require.NoError(t, err)
	end := waiting(t, pool, `SELECT task_id::text FROM tasker.create_task('{"namespace": "demo", "name": "standing", "idempotency_key": "K"}')`)
	require.NoError(t, operator.Commit(t.Context()))
	found, err := end()
	require.NoError(t, err)
	require.Equal(t, id, found)
}

// TestAnOldPictureOfAKeyIsRefused: a REPEATABLE READ caller cannot see who took the key, but is told to look again.
func TestAnOldPictureOfAKeyIsRefused(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := failedWithKey(t, pool)
	tx := turns(t, pool, pgx.RepeatableRead)
	_, err := tx.Exec(t.Context(), `SELECT FROM tasker.tasks`)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), createWithKey)
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT tasker.retry_task($1, 'ops')`, id)
	requireSQLState(t, "40001", err)
}
