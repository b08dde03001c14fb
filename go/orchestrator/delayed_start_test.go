package orchestrator_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// TestDelayedStartsComeInTime: whichever way a task is asked for, an orchestrator that rests for a minute at a time wakes
// for its start, and not before.
func TestDelayedStartsComeInTime(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, PollInterval: time.Minute})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	pool := openPool(t, url)
	_, err = o.RegisterTemplate(t.Context(), tasker.Template{Namespace: "demo", Name: "job", Version: "1.0.0",
		Steps: []tasker.Step{{Name: "a", HandlerClass: "A", MaxAttempts: 1, Backoff: tasker.DefaultBackoff}}})
	require.NoError(t, err)
	o.Start()
	for name, create := range map[string]func(tasker.Request) error{
		"by SQL": func(r tasker.Request) error {
			_, err := pool.Exec(t.Context(), `SELECT tasker.create_task($1)`, r)
			return err
		},
		"by the queue": func(r tasker.Request) error {
			_, err := pool.Exec(t.Context(), `SELECT pgmq.send('orchestration_task_requests', $1::jsonb), pg_notify('tasker.orchestrator', '')`, r)
			return err
		},
		"by Go": func(r tasker.Request) error {
			_, err := o.CreateTask(t.Context(), r)
			return err
		},
	} {
		startAt := now(t, pool).Add(700 * time.Millisecond).Truncate(time.Microsecond)
		require.NoError(t, create(tasker.Request{Namespace: "demo", Name: "job", Context: json.RawMessage(`{}`), Tags: []string{},
			CorrelationID: name, StartAt: startAt.Format(time.RFC3339Nano)}), name)
		require.Eventually(t, func() bool { return began(t, pool, name) != nil }, 10*time.Second, 5*time.Millisecond, name)
		late := began(t, pool, name).Sub(startAt)
		require.True(t, late >= 0 && late < 5*time.Second, "%s: %s after its time", name, late)
	}
}

func now(t *testing.T, pool *pgxpool.Pool) (at time.Time) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&at))
	return at.UTC()
}

// began gives when the first step of a task went out, or nil.
func began(t *testing.T, pool *pgxpool.Pool, correlationID string) (at *time.Time) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT min(enqueued_at) FROM tasker.steps JOIN tasker.tasks USING (task_id)
		WHERE correlation_id = $1`, correlationID).Scan(&at))
	return at
}

// TestMomentsMeanTheSameEverywhere: Go and SQL take the same texts for the time of a start, and no others.
func TestMomentsMeanTheSameEverywhere(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for text, fits := range map[string]bool{
		"2026-03-01T12:00:00Z": true, "2026-03-01 12:00:00Z": true, "2026-03-01T12:00Z": true, "2026-03-01T12:00:00.123456789Z": true,
		"2026-03-01T12:00:00+01:00": true, "2026-03-01T12:00:00-0330": true, "2026-03-01T12:00:00+14": true, "2024-02-29T00:00:00Z": true,
		"9999-12-31T23:59:59.999999-15:59": true, "0001-01-01T00:00:00+15:59": true,
		"2026-03-01T12:00:00": false, "2026-03-01T12:00:00 Z": false, "2026-03-01T12:00:00z": false, "2026-03-01t12:00:00Z": false,
		"2026-03-01": false, "12:00:00Z": false, "2026-02-30T12:00:00Z": false, "2025-02-29T00:00:00Z": false, "2026-13-01T12:00:00Z": false,
		"2026-00-01T12:00:00Z": false, "2026-03-00T12:00:00Z": false, "0000-01-01T12:00:00Z": false, "10000-01-01T12:00:00Z": false,
		"-0001-01-01T12:00:00Z": false, "2026-03-01T24:00:00Z": false, "2026-03-01T12:60:00Z": false, "2026-03-01T23:59:60Z": false,
		"2026-03-01T12:00:00,5Z": false, "2026-03-01T12:00:00.Z": false, "2026-03-01T12:00:00.1234567891Z": false,
		"2026-03-01T12:00:00+16:00": false, "2026-03-01T12:00:00+01:60": false, "2026-03-01T12:00:00+1": false, "2026-03-01T12:00:00 UTC": false,
		"2026-03-01T12:00:00Z\n": false, " 2026-03-01T12:00:00Z": false, "20260301T120000Z": false, "2026-W09-7T12:00:00Z": false,
		"now": false, "tomorrow": false, "infinity": false, "epoch": false, "٢٠٢٦-03-01T12:00:00Z": false,
	} {
		_, err := tasker.Request{Name: "job", StartAt: text}.Normal()
		require.Equal(t, fits, err == nil, "%q in Go: %v", text, err)
		var fault *string
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT tasker.request_fault($1)`, map[string]string{"name": "job", "start_at": text}).Scan(&fault))
		require.Equal(t, fits, fault == nil, "%q in SQL: %v", text, fault)
	}
}
