package orchestrator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestSweepIsDue: not with every tick, but with the first, at the interval, a lease after it suspected something, at
// once while there is more to do, and at once when a queue turns out to be gone.
func TestSweepIsDue(t *testing.T) {
	t.Parallel()
	o, err := Open(t.Context(), Config{DatabaseURL: dbtest.URL(t), SweepInterval: time.Hour, Lease: time.Minute})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	tick := func() Report {
		r, err := o.Tick(t.Context())
		require.NoError(t, err)
		return r
	}
	within := func(least, most time.Duration) {
		t.Helper()
		require.WithinRange(t, o.sweepAt, time.Now().Add(least-time.Minute/2), time.Now().Add(most))
	}
	tick()
	within(45*time.Minute, 75*time.Minute)
	first := o.sweepAt
	tick()
	require.Equal(t, first, o.sweepAt)

	_, err = o.pool.Exec(t.Context(), `SELECT tasker.register_template(jsonb_build_object('namespace', 'demo', 'name', 'job', 'version', '1.0.0',
		'steps', jsonb_build_array(jsonb_build_object('name', 'a', 'handler_class', 'A', 'depends_on', '[]'::jsonb, 'max_attempts', 1,
			'retryable', true, 'skippable', false, 'config', '{}'::jsonb, 'timeout_seconds', null,
			'backoff', '{"strategy": "fixed", "base_seconds": 1, "max_seconds": 1, "jitter": 0}'::jsonb))))`)
	require.NoError(t, err)
	create := `SELECT count(*) FROM tasker.create_tasks((SELECT jsonb_agg('{"namespace": "demo", "name": "job"}'::jsonb) FROM generate_series(1, $1)))`
	_, err = o.pool.Exec(t.Context(), create, 1)
	require.NoError(t, err)
	_, err = o.pool.Exec(t.Context(), `SELECT pgmq.purge_queue('demo_queue')`)
	require.NoError(t, err)
	r, err := o.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, Report{Suspected: 1}, r)
	within(time.Minute, time.Minute)

	_, err = o.pool.Exec(t.Context(), `UPDATE tasker.namespaces SET dispatch_window = 10000`)
	require.NoError(t, err)
	_, err = o.pool.Exec(t.Context(), create, sweepQuantity)
	require.NoError(t, err)
	_, err = o.pool.Exec(t.Context(), `SELECT pgmq.purge_queue('demo_queue')`)
	require.NoError(t, err)
	r, err = o.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, sweepQuantity, r.Suspected)
	require.True(t, r.Moved())
	require.Zero(t, o.sweepAt)
	require.Zero(t, tick().Suspected)
	require.NotZero(t, o.sweepAt)

	_, err = o.pool.Exec(t.Context(), `SELECT pgmq.drop_queue('orchestration_step_results')`)
	require.NoError(t, err)
	r, err = o.Tick(t.Context())
	require.True(t, isQueueMissing(err))
	require.Equal(t, 1, r.Recreated)
}
