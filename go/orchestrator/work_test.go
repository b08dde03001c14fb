package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/queue"
)

// These tests give a pass messages that it cannot do anything with, and look whether the others notice.

// TestTheBadOneIsFoundByHalvingWhatWasTaken: half of what was taken is looked into next, however many it might have been.
func TestTheBadOneIsFoundByHalvingWhatWasTaken(t *testing.T) {
	t.Parallel()
	for name, bad := range badData(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newGuardWorld(t, 2, 100)
			passes := 0
			w.fail = func(ids []int64) error {
				if passes++; slices.Contains(ids, 1) {
					return bad(w.pool)
				}
				return nil
			}
			for w.left() > 0 {
				require.NoError(t, w.work())
			}
			require.Equal(t, 3, passes, "both, the bad one, the good one")
			require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.dead_letters WHERE msg_id = 1`))
		})
	}
}

// TestUnreadableMessage: the server cannot give message 3 out. Which one it was is known after all, and the others are worked.
func TestUnreadableMessage(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 8, 8)
	_, err := w.pool.Exec(t.Context(), `
		CREATE FUNCTION public.give(id bigint, message jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
		BEGIN
			IF id = 3 AND current_query() !~ 'dead_letter' THEN RAISE EXCEPTION 'torn' USING ERRCODE = '22P04'; END IF;
			RETURN message;
		END $$;
		ALTER TABLE pgmq.q_orchestration_step_results RENAME TO torn;
		CREATE VIEW pgmq.q_orchestration_step_results AS
		SELECT msg_id, read_ct, enqueued_at, last_read_at, vt, public.give(msg_id, message) AS message, headers FROM pgmq.torn`)
	require.NoError(t, err)
	for range 10 {
		require.NoError(t, w.work())
	}
	require.Equal(t, 0, w.number(`SELECT count(*) FROM pgmq.torn`))
	require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.dead_letters WHERE msg_id = 3`))
	require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.dead_letters`))
}

// badData gives what the server says of data that it cannot take, or show.
func badData(t *testing.T) map[string]func(*pgxpool.Pool) error {
	said := func(sql string) func(*pgxpool.Pool) error {
		return func(pool *pgxpool.Pool) error {
			_, err := pool.Exec(t.Context(), sql)
			return err
		}
	}
	return map[string]func(*pgxpool.Pool) error{
		"out of range":   said(`SELECT 3000000000::integer`),
		"against a rule": said(`INSERT INTO tasker.namespaces (name) VALUES ('No Name')`),
		"too large":      said(`SELECT lpad('x', 1073741824)`),
		"too deep":       said(`SELECT repeat('[', 100000)::jsonb`),
	}
}

// TestSlowMessageLetsOthersPass: whoever looks into message 7 needs more time than there is. Nobody can say that it is to
// blame, so it stays, but it keeps nobody waiting.
func TestSlowMessageLetsOthersPass(t *testing.T) {
	t.Parallel()
	for _, guarded := range []time.Duration{0, time.Hour} {
		t.Run(fmt.Sprint("guarded for ", guarded), func(t *testing.T) {
			t.Parallel()
			w := newGuardWorld(t, 20, 10)
			w.o.guardedUntil = time.Now().Add(guarded)
			w.fail = func(ids []int64) error {
				if slices.Contains(ids, 7) {
					return &pgconn.PgError{Code: "57014"}
				}
				return nil
			}
			for range 20 {
				if err := w.work(); err != nil {
					require.ErrorContains(t, err, "57014")
				}
			}
			require.Equal(t, 1, w.left())
			require.Equal(t, 7, w.number(`SELECT msg_id FROM pgmq.q_orchestration_step_results WHERE read_ct = 0`))
			w.fail = func([]int64) error { return nil }
			w.lateFor(longestPenance)
			require.NoError(t, w.work())
			require.Zero(t, w.left())
			require.Zero(t, w.number(`SELECT count(*) FROM tasker.dead_letters`))
		})
	}
}

// TestDeadLettersAreToldOnce: a message is refused in a batch that another one makes fail, again and again while it is
// halved. It is told of when it lies in the dead letters, once.
func TestDeadLettersAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 8, 8)
	told := map[any]int{}
	w.o.config.Log = func(_, message string, attributes map[string]any) {
		if message == "dead letter" {
			told[attributes["msg_id"]]++
		}
	}
	for w.left() > 0 {
		var r Report
		require.NoError(t, w.o.work(t.Context(), queue.StepResults, &w.b, &r,
			func(ctx context.Context, tx pgx.Tx, messages []queue.Message, done *Report) error {
				for _, m := range messages {
					if err := w.o.refuse(ctx, tx, queue.StepResults, m.ID, errDeadly, done); err != nil || m.ID == 8 {
						return errors.Join(err, &pgconn.PgError{Code: "22003"})
					}
				}
				return nil
			}))
	}
	require.Len(t, told, 8)
	for id, times := range told {
		require.Equal(t, 1, times, "message %d", id)
	}
}

// TestBuryWaitsForNobody: while we learned that a message is bad, somebody else took it. He is not waited for, and what he
// does with it is not counted as ours.
func TestBuryWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := newGuardWorld(t, 1, 10)
	ctx := t.Context()
	tx, err := w.pool.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	heads, err := queue.Take(ctx, tx, queue.StepResults, 0, 1)
	require.NoError(t, err)
	require.Len(t, heads, 1)
	var r Report
	require.NoError(t, w.o.bury(ctx, queue.StepResults, 1, errDeadly, &r))
	require.Equal(t, Report{}, r)
	_, err = queue.Delete(ctx, tx, queue.StepResults, []int64{1})
	require.NoError(t, err)
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, w.o.bury(ctx, queue.StepResults, 1, errDeadly, &r))
	require.Equal(t, Report{}, r)
}
