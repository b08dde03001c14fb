package orchestrator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestLookingBack: who commits late has a number a little below the newest one that was taken, and is found at once. What lies
// far behind is found when it is the whole queue's turn, which comes once in a while.
func TestLookingBack(t *testing.T) {
	t.Parallel()
	o, err := Open(t.Context(), Config{DatabaseURL: dbtest.URL(t), SweepInterval: time.Hour})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	send := func(id int64) {
		_, err := o.pool.Exec(t.Context(), `INSERT INTO pgmq.q_orchestration_step_results (msg_id, vt, message) OVERRIDING SYSTEM VALUE
			SELECT $1, now(), jsonb_build_object('protocol', 1, 'step_id', 1, 'task_id', gen_random_uuid(), 'attempt', 1, 'status', 'success')`, id)
		require.NoError(t, err)
	}
	stale := func() int {
		r, err := o.Tick(t.Context())
		require.NoError(t, err)
		return r.Stale
	}
	send(5 * backlook)
	require.Equal(t, 1, stale())
	o.results.wholeAt = time.Now().Add(time.Hour) // it is not the whole queue's turn
	send(4*backlook + 1)
	require.Equal(t, 1, stale())
	require.Equal(t, int64(4*backlook+1), o.results.last)
	send(backlook)
	require.Equal(t, 0, stale())
	o.results.wholeAt = time.Now().Add(-wholeEvery)
	require.Equal(t, 1, stale())
	require.WithinDuration(t, time.Now(), o.results.wholeAt, time.Minute)
	send(1) // nothing was taken since that is newer
	require.Equal(t, 1, stale())
}

// TestIdleNamespacesCostNothing: a tick reads nothing of a thousand namespaces in which nothing is ready, nor does it when one
// of many has something to do.
func TestIdleNamespacesCostNothing(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	dbtest.Execute(t, conn, `INSERT INTO tasker.namespaces (name) SELECT 'idle_' || n FROM generate_series(1, 1000) n; BEGIN`)
	read := func(sql string) (rows int64) {
		const sum = `SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables WHERE schemaname = 'tasker'`
		var before, after int64
		require.NoError(t, conn.QueryRow(t.Context(), sum).Scan(&before))
		dbtest.Execute(t, conn, sql)
		require.NoError(t, conn.QueryRow(t.Context(), sum).Scan(&after))
		return after - before
	}
	require.Less(t, read(`SELECT tasker.look(0, 0)`), int64(20))
	require.Less(t, read(`SELECT tasker.enqueue_ready(10, 'test')`), int64(20))
}

// TestLessGoesOutWhileResultsWait: a tick hands out twice as many steps as it takes results back, and a quarter as many while
// results have waited for long.
func TestLessGoesOutWhileResultsWait(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.results.full, w.config.BatchSize = 8, 8
	w.queueUp("healthy", 100)
	answer := func(since string) {
		w.exec(`INSERT INTO pgmq.q_orchestration_step_results (enqueued_at, vt, message) SELECT now() - $1::interval, now(),
			jsonb_build_object('protocol', 1, 'step_id', n, 'task_id', gen_random_uuid(), 'attempt', 9, 'status', 'success') FROM generate_series(1, 8) n`, since)
	}
	answer("0 seconds")
	r := w.tick()
	require.Equal(t, []int{8, 16}, []int{r.Stale, r.Enqueued})
	answer("1 minute")
	r = w.tick()
	require.Equal(t, []int{8, 2}, []int{r.Stale, r.Enqueued})
	require.Equal(t, 16, w.tick().Enqueued)
}
