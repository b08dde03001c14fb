package orchestrator

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// These tests break the queue of one namespace, or the hand-out of one step, and look whether the others go on.

// ward is an orchestrator with small batches, and what it logs.
type ward struct {
	*Orchestrator
	t    *testing.T
	said []string
}

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{t: t}
	o, err := Open(t.Context(), Config{DatabaseURL: dbtest.URL(t), BatchSize: 5, Log: func(level, message string, _ map[string]any) {
		if level != "info" || message == "hand-out succeeds again" {
			w.said = append(w.said, message)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	w.Orchestrator = o
	for _, namespace := range []string{"broken", "healthy"} {
		_, err := o.RegisterTemplate(t.Context(), tasker.Template{Namespace: namespace, Name: "job", Version: "1.0.0",
			Steps: []tasker.Step{{Name: "a", HandlerClass: "A", MaxAttempts: 1, Backoff: tasker.DefaultBackoff}}})
		require.NoError(t, err)
	}
	return w
}

func (w *ward) exec(sql string, arguments ...any) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), sql, arguments...)
	require.NoError(w.t, err)
}

// queueUp makes tasks that are ready and not handed out.
func (w *ward) queueUp(namespace string, tasks int) {
	w.t.Helper()
	w.exec(`SELECT tasker.pause_namespace($1, 'test')`, namespace)
	w.exec(`SELECT count(*) FROM tasker.create_tasks((SELECT jsonb_agg(jsonb_build_object('namespace', $1::text, 'name', 'job'))
		FROM generate_series(1, $2::integer)))`, namespace, tasks)
	w.exec(`SELECT tasker.resume_namespace($1, 'test')`, namespace)
}

// breakQueue lets the queue of the broken namespace refuse messages, all of them or as the condition says.
func (w *ward) breakQueue(code, condition string) (mend func()) {
	w.t.Helper()
	w.exec(fmt.Sprintf(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '%s'; END $$`, code))
	w.exec(fmt.Sprintf(`CREATE TRIGGER refuse BEFORE INSERT ON pgmq.q_broken_queue FOR EACH ROW WHEN (%s) EXECUTE FUNCTION refuse()`, condition))
	return func() { w.exec(`DROP FUNCTION refuse CASCADE`) }
}

func (w *ward) out(namespace string) (steps int) {
	w.t.Helper()
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), `SELECT count(*) FROM tasker.steps JOIN tasker.namespaces n USING (namespace_id)
		WHERE n.name = $1 AND state = 'enqueued'`, namespace).Scan(&steps))
	return steps
}

func (w *ward) tick() Report {
	w.t.Helper()
	r, err := w.Tick(w.t.Context())
	require.NoError(w.t, err)
	return r
}

// soon makes whatever was put off due.
func (w *ward) soon() {
	for _, n := range w.watched {
		n.due = time.Time{}
		for _, a := range n.aside {
			a.until = time.Time{}
		}
	}
}

// TestBrokenNamespaceIsAlone: nobody may write to the queue of one namespace. The others are handed out as ever, the tick
// does not fail, and it is told once.
func TestBrokenNamespaceIsAlone(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"42501", "P0001", "23514", "57014"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWard(t)
			w.queueUp("broken", 10)
			w.queueUp("healthy", 200)
			mend := w.breakQueue(code, "true")
			for range 24 {
				w.tick()
			}
			require.Equal(t, 200, w.out("healthy"))
			require.Zero(t, w.out("broken"))
			require.Contains(t, w.Status().LastError, "hand out in namespace broken: ")
			require.Equal(t, "hand-out failed", w.said[0])
			require.Equal(t, 0, times(w.said[1:], "hand-out failed"))
			mend()
			require.Eventually(t, func() bool { w.soon(); w.tick(); return w.out("broken") == 10 }, 10*time.Second, time.Millisecond)
			w.tick()
			require.Equal(t, 1, times(w.said, "hand-out succeeds again"))
			require.Empty(t, w.Status().LastError)
			require.Empty(t, w.watched)
		})
	}
}

func times(all []string, one string) (n int) {
	for _, other := range all {
		if other == one {
			n++
		}
	}
	return n
}

// TestStepThatCannotGoOutIsLaidAside: one step takes longer than a transaction may. It is tried again and again, less and
// less often, and meanwhile those behind it go out.
func TestStepThatCannotGoOutIsLaidAside(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.queueUp("broken", 100)
	var bad int64
	require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT step_id FROM tasker.steps ORDER BY rank, step_id OFFSET 20 LIMIT 1`).Scan(&bad))
	mend := w.breakQueue("57014", fmt.Sprintf(`NEW.message -> 'step_id' = '%d'`, bad))
	for range 40 {
		_, _ = w.Tick(t.Context()) //nolint:errcheck // fails once, before it is known where
	}
	require.Equal(t, 99, w.out("broken"))
	n := w.watched[slices.Collect(maps.Keys(w.watched))[0]]
	require.Equal(t, []int64{bad}, slices.Collect(maps.Keys(n.aside)))
	require.Greater(t, time.Until(n.aside[bad].until), longestPenance-5*time.Second)
	said := times(w.said, "step laid aside")
	w.soon()
	w.tick()
	require.Equal(t, said+1, times(w.said, "step laid aside"))
	require.Greater(t, time.Until(n.aside[bad].until), 2*longestPenance-5*time.Second)
	mend()
	w.soon()
	w.tick()
	require.Equal(t, 100, w.out("broken"))
	w.tick()
	require.Empty(t, w.watched)
}

// TestFreedStepsOfABrokenNamespace: results free steps there and in a healthy namespace. All results stand, and the healthy
// one's steps go out in the same tick.
func TestFreedStepsOfABrokenNamespace(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	for _, namespace := range []string{"broken", "healthy"} {
		_, err := w.RegisterTemplate(t.Context(), tasker.Template{Namespace: namespace, Name: "pair", Version: "1.0.0", Steps: []tasker.Step{
			{Name: "a", HandlerClass: "A", MaxAttempts: 1, Backoff: tasker.DefaultBackoff},
			{Name: "b", HandlerClass: "B", DependsOn: []string{"a"}, MaxAttempts: 1, Backoff: tasker.DefaultBackoff}}})
		require.NoError(t, err)
		w.exec(`SELECT tasker.create_task(jsonb_build_object('namespace', $1::text, 'name', 'pair'))`, namespace)
	}
	w.breakQueue("42501", "true")
	w.exec(`SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id, 'task_id', task_id,
		'attempt', attempt, 'status', 'success')) FROM tasker.steps WHERE state = 'enqueued' ORDER BY step_id`)
	r := w.tick()
	require.Equal(t, 2, r.Applied)
	require.Equal(t, 1, r.Enqueued)
	require.Equal(t, 1, w.out("healthy"))
}

// TestRequestsBehindABrokenNamespace: a request for it is in front of others. All of them become tasks, and the others' first
// steps go out in the same tick.
func TestRequestsBehindABrokenNamespace(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.breakQueue("42501", "true")
	for _, namespace := range []string{"broken", "healthy", "healthy", "healthy", "healthy", "healthy"} {
		w.exec(`SELECT pgmq.send('orchestration_task_requests', jsonb_build_object('namespace', $1::text, 'name', 'job'))`, namespace)
	}
	admitted := w.tick().Admitted + w.tick().Admitted
	require.Equal(t, 6, admitted)
	require.Equal(t, 5, w.out("healthy"))
	require.Zero(t, w.out("broken"))
}
