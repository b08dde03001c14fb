package orchestrator_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// poisonLock is an advisory lock: whoever completes the step that is poison waits for it, so the test, which holds it,
// knows where the orchestrator is, and kills it there.
const poisonLock = 20260101

// TestPoisonousResult: a result kills, with SIGKILL, every orchestrator that applies it. After enough of them it lies in
// the dead letters, and everything else is done: 29 results around it, of the same task and of others.
func TestPoisonousResult(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	pool := openPool(t, url)
	poison(t, pool)
	o := open(t, url)
	for n := range 3 {
		answer(t, pool, wide(t, o, "demo", 8+n))
	}
	deaths := 0
	for done := false; !done; deaths++ {
		require.Less(t, deaths, 20, "orchestrators die and die")
		done = orchestrateToDeathOrEnd(t, url, pool)
		if deaths == 0 {
			require.Zero(t, ask[int](t, pool, `SELECT count(*) FROM pgmq.q_orchestration_step_results
				WHERE vt > clock_timestamp() + interval '1 second'`), "one death keeps nothing from the others")
		}
		pass(t, pool, 10*time.Second)
	}
	require.Equal(t, 7+1, deaths, "a batch of ten is halved four times and then dies three times alone; the last one lives")

	var state string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT s.state FROM tasker.dead_letters d
		JOIN tasker.steps s ON s.step_id = (d.message ->> 'step_id')::bigint WHERE d.reason LIKE 'unopened%'`).Scan(&state))
	require.Equal(t, "enqueued", state)
}

// poison makes the results of steps s5 of tasks of nine steps deadly: it is the trigger that waits.
func poison(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `
		CREATE FUNCTION public.poison() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
		  IF NEW.state = 'complete' AND NEW.name = 's5'
		     AND (SELECT count(*) FROM tasker.steps WHERE task_id = NEW.task_id) = 9 THEN
		    PERFORM pg_advisory_lock(20260101);
		  END IF;
		  RETURN NEW;
		END $$;
		CREATE TRIGGER poison BEFORE UPDATE ON tasker.steps FOR EACH ROW EXECUTE FUNCTION public.poison()`)
	require.NoError(t, err)
	holder, err := pgx.ConnectConfig(t.Context(), pool.Config().ConnConfig)
	require.NoError(t, err)
	t.Cleanup(func() { _ = holder.Close(t.Context()) })
	_, err = holder.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, poisonLock)
	require.NoError(t, err)
}

// orchestrateToDeathOrEnd runs an orchestrator as a process of its own until it is about to apply the deadly result,
// and kills it, or until everything but that is done. It gives whether that was so.
func orchestrateToDeathOrEnd(t *testing.T, url string, pool *pgxpool.Pool) (done bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very program
	child.Env = append(os.Environ(), victim+"="+url)
	child.Stderr = os.Stderr
	require.NoError(t, child.Start())
	var waiting *int32
	require.Eventually(t, func() bool {
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT
			(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted
			    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
			(SELECT count(*) FROM tasker.steps WHERE state <> 'complete') = 1 AND EXISTS (SELECT FROM tasker.dead_letters)`,
			poisonLock).Scan(&waiting, &done))
		return done || waiting != nil
	}, 30*time.Second, time.Millisecond)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()    //nolint:errcheck // it was killed
	if waiting != nil { // a server process notices only when it would answer
		require.Eventually(t, func() bool {
			var gone bool
			require.NoError(t, pool.QueryRow(t.Context(), `SELECT bool_and(NOT pg_terminate_backend(pid)) IS NOT false
				FROM pg_stat_activity WHERE pid = $1`, *waiting).Scan(&gone))
			return gone
		}, 30*time.Second, time.Millisecond)
	}
	return done
}

// pass lets leases on results pass.
func pass(t *testing.T, pool *pgxpool.Pool, lease time.Duration) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `UPDATE pgmq.q_orchestration_step_results SET vt = vt - make_interval(secs => $1)`,
		lease.Seconds())
	require.NoError(t, err)
}
