package orchestrator

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/safego"
)

// guardWorld is a results queue with numbered messages, and a pass that takes them off.
type guardWorld struct {
	*testing.T
	o    *Orchestrator
	pool *pgxpool.Pool
	b    batch
	fail func(ids []int64) error // what happens before the pass takes them off
	busy bool                    // it postpones them instead
}

func newGuardWorld(t *testing.T, messages, full int) *guardWorld {
	url := dbtest.URL(t)
	o, err := Open(t.Context(), Config{DatabaseURL: url})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	_, err = o.pool.Exec(t.Context(), `SELECT pgmq.send_batch($1, array_fill('{}'::jsonb, ARRAY[$2::integer]))`, queue.StepResults, messages)
	require.NoError(t, err)
	return &guardWorld{T: t, o: o, pool: o.pool, b: batch{full: full}, fail: func([]int64) error { return nil }}
}

func (w *guardWorld) work() error {
	var r Report
	return w.o.work(w.Context(), queue.StepResults, &w.b, &r, w.pass)
}

func (w *guardWorld) pass(ctx context.Context, tx pgx.Tx, messages []queue.Message, _ *Report) error {
	ids := make([]int64, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	if err := w.fail(ids); err != nil {
		return err
	}
	if w.busy {
		return queue.Postpone(ctx, tx, queue.StepResults, ids, postponement, longestPostponement)
	}
	_, err := queue.Delete(ctx, tx, queue.StepResults, ids)
	return err
}

func (w *guardWorld) number(sql string) (n int) {
	require.NoError(w, w.pool.QueryRow(w.Context(), sql).Scan(&n))
	return n
}

func (w *guardWorld) left() int {
	return w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results`)
}

// lateFor lets leases pass.
func (w *guardWorld) lateFor(lease time.Duration) {
	_, err := w.pool.Exec(w.Context(), `UPDATE pgmq.q_orchestration_step_results SET vt = vt - make_interval(secs => $1)`, lease.Seconds())
	require.NoError(w, err)
}

// TestPanicOfAMessage: whoever looks into message 60 of a hundred panics. It ends in the dead letters, alone; all the
// others are worked, none of them more than once.
func TestPanicOfAMessage(t *testing.T) {
	t.Parallel()
	safego.OnCrash(func(safego.Crash) {})
	w := newGuardWorld(t, 100, 100)
	worked := map[int64]int{}
	w.fail = func(ids []int64) error {
		if slices.Contains(ids, 60) {
			panic("message 60")
		}
		for _, id := range ids {
			worked[id]++
		}
		return nil
	}
	panics := 0
	for range 1000 {
		if err := w.work(); err != nil {
			require.ErrorContains(t, err, "message 60")
			panics++
		}
		if w.left() == 0 {
			break
		}
		w.lateFor(guardLease)
	}
	require.Len(t, worked, 99)
	for id, times := range worked {
		require.Equal(t, 1, times, "message %d", id)
	}
	require.Equal(t, 60, w.number(`SELECT min(msg_id) FROM tasker.dead_letters`))
	require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.dead_letters WHERE message = '{}' AND reason LIKE 'unopened%'`))
	require.Equal(t, 11, panics, "one that nobody expected, and ten that were counted")
}

// TestNeighborsWaitForNobody: while the lease on the batch of a message that panics lasts, what comes behind is worked.
func TestNeighborsWaitForNobody(t *testing.T) {
	t.Parallel()
	safego.OnCrash(func(safego.Crash) {})
	w := newGuardWorld(t, 100, 10)
	w.fail = func(ids []int64) error {
		if slices.Contains(ids, 3) {
			panic("message 3")
		}
		return nil
	}
	for range 11 {
		err := w.work()
		if err != nil {
			require.ErrorContains(t, err, "message 3")
		}
	}
	require.Equal(t, 10, w.left(), "only the batch that is leased is left")
	require.Equal(t, 10, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results WHERE read_ct = 1 AND msg_id <= 10`))
}

// TestInnocentMessages: what no message can cause costs no message anything, however often it happens.
func TestInnocentMessages(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"40001", "40P01", "53100", "55P03", "57014", "57P01", "08006", "42501", "42P01", "25006", "26000", "0A000"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newGuardWorld(t, 20, 10)
			w.o.guardedUntil = time.Now().Add(time.Hour)
			w.fail = func([]int64) error { return fmt.Errorf("fail: %w", &pgconn.PgError{Code: code}) }
			for range 30 {
				if err := w.work(); err != nil {
					require.ErrorContains(t, err, "fail")
				}
			}
			require.Equal(t, 20, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results
				WHERE read_ct = 0 AND vt <= clock_timestamp() + interval '10 seconds'`))
			w.fail = func([]int64) error { return nil }
			w.lateFor(longestPenance)
			for w.left() > 0 {
				err := w.work()
				require.NoError(t, err)
			}
			require.Zero(t, w.number(`SELECT count(*) FROM tasker.dead_letters`))
		})
	}
}

// TestPostponedMessages: a message that was looked into and has to wait for somebody else's transaction may wait for
// ever. It has done nobody any harm.
func TestPostponedMessages(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 3, 10)
	w.o.guardedUntil = time.Now().Add(time.Hour)
	w.busy = true
	for range 30 {
		require.NoError(t, w.work())
		w.lateFor(time.Hour)
	}
	require.Equal(t, 3, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results WHERE read_ct = 0`))
}

// TestLostConnections: in every pass the server ends all of our connections. That costs no message more than a lease
// which is given back as soon as there is a connection again.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 20, 10)
	w.o.guardedUntil = time.Now().Add(time.Hour)
	observer, err := pgx.ConnectConfig(t.Context(), w.pool.Config().ConnConfig)
	require.NoError(t, err)
	t.Cleanup(func() { _ = observer.Close(context.Background()) })
	losses := 0
	w.fail = func([]int64) error {
		losses++
		_, err := observer.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return err
	}
	for losses < 20 {
		require.Error(t, w.work())
	}
	w.fail = func([]int64) error { return nil }
	var left, worst, dead int
	require.Eventually(t, func() bool {
		_ = w.work() //nolint:errcheck // the pool may still have connections that are gone
		require.NoError(t, observer.QueryRow(t.Context(), `SELECT count(*), coalesce(max(read_ct), 0),
			(SELECT count(*) FROM tasker.dead_letters) FROM pgmq.q_orchestration_step_results`).Scan(&left, &worst, &dead))
		require.LessOrEqual(t, worst, 1)
		return left == 0
	}, guardLease/2, time.Millisecond)
	require.Zero(t, dead)
}

// TestGuardedBadData: data errors split a guarded batch as they split any other, and cost the others no lease.
func TestGuardedBadData(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 20, 10)
	w.o.guardedUntil = time.Now().Add(time.Hour)
	w.fail = func(ids []int64) error {
		if slices.Contains(ids, 7) {
			return &pgconn.PgError{Code: "22003"}
		}
		return nil
	}
	for range 20 {
		err := w.work()
		require.NoError(t, err)
	}
	require.Zero(t, w.left())
	require.Equal(t, 7, w.number(`SELECT max(msg_id) FROM tasker.dead_letters`))
	require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.dead_letters`))
}

// TestLeaseOfAnother: who was stopped for longer than its lease works nothing of what another has leased by now.
func TestLeaseOfAnother(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 3, 10)
	ctx := t.Context()
	var r Report
	mine, err := w.o.lease(ctx, queue.StepResults, &w.b, &r)
	require.NoError(t, err)
	require.Len(t, mine.IDs, 3)
	w.lateFor(guardLease)
	another, err := queue.Hide(ctx, w.pool, queue.StepResults, []int64{1, 2}, guardLease)
	require.NoError(t, err)

	require.NoError(t, mine.GiveBack(ctx, w.pool, queue.StepResults))
	require.Equal(t, 2, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results WHERE read_ct = 2`))
	ids, err := mine.Retake(ctx, w.pool, queue.StepResults)
	require.NoError(t, err)
	require.Empty(t, ids)
	ids, err = another.Retake(ctx, w.pool, queue.StepResults)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, ids)
}

// TestLeasesByEvidence: the lease is short as long as nothing speaks against a message, and long as soon as something does.
func TestLeasesByEvidence(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 6, 10)
	lease := func() time.Duration {
		var now time.Time
		require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&now))
		l, err := w.o.lease(t.Context(), queue.StepResults, &w.b, &Report{})
		require.NoError(t, err)
		require.NotEmpty(t, l.IDs)
		w.lateFor(guardLease)
		return l.Until.Sub(now)
	}
	require.Less(t, lease(), transactionLimit, "nobody has seen them before")
	require.GreaterOrEqual(t, lease(), guardLease, "they were leased before")
	_, err := w.pool.Exec(t.Context(), `UPDATE pgmq.q_orchestration_step_results SET read_ct = 0`)
	require.NoError(t, err)
	w.b.guarded = true
	require.GreaterOrEqual(t, lease(), guardLease, "a pass has just failed")
}

func TestTogether(t *testing.T) {
	t.Parallel()
	heads := func(counts ...int) (heads []queue.Taken) {
		for i, n := range counts {
			heads = append(heads, queue.Taken{ID: int64(i), ReadCount: n})
		}
		return heads
	}
	for name, c := range map[string]struct {
		heads []queue.Taken
		want  int
	}{
		"nothing to fear":                   {heads(0, 0, 0, 0, 0, 0, 0, 0), 8},
		"leased once before":                {heads(1, 1, 1, 1, 1, 1, 1, 1), 4},
		"leased three times before":         {heads(3, 3, 3), 1},
		"leased very often":                 {heads(1000000, 0), 1},
		"somebody behind, often":            {heads(0, 0, 9, 0), 2},
		"somebody behind, not so often":     {heads(0, 1, 0, 0, 0), 4},
		"the first alone, whatever it was":  {heads(9), 1},
		"each behind another that is worse": {heads(0, 1, 2, 3), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, (&batch{full: 8}).together(c.heads), c.want)
		})
	}
}
