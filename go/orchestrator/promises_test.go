package orchestrator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// These tests hold what the documents in spec/ promise and no other test is about.

// TestManyCreatesOnASmallPool: a hundred callers at once, with connections for five and no template in memory yet. None
// waits for a second connection while it holds one.
func TestManyCreatesOnASmallPool(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	wide(t, open(t, url), "demo", 1)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, PoolSize: 5})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	errs := make(chan error, 100)
	var callers sync.WaitGroup
	for range cap(errs) {
		callers.Go(func() {
			_, err := o.CreateTask(t.Context(), tasker.Request{Namespace: "demo", Name: "wide1"})
			errs <- err
		})
	}
	callers.Wait()
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
}

// TestReadsNeverRunAhead: whoever reads where a task stands, in a tight loop, never sees it complete before its steps or its
// steps complete before it.
func TestReadsNeverRunAhead(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	names := registerConformance(t, o)
	work(t, 2, plainWorker{pool, "conformance", 30 * time.Second})
	o.Start()
	const tasks = 60
	for i := range tasks {
		createBySQL(t, pool, names[i%len(names)], expected(t).Context)
	}
	reads := 0
	for complete := 0; complete < tasks; reads++ {
		var contradictions int
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE t.state = 'complete'),
				count(*) FILTER (WHERE (t.state = 'complete') <> (c.execution_status = 'all_complete')
				                    OR (t.state = 'complete') <> (c.completed_steps = c.total_steps))
			FROM tasker.tasks t CROSS JOIN LATERAL tasker.get_task_execution_context(t.task_id) c`).Scan(&complete, &contradictions))
		require.Zero(t, contradictions)
	}
	require.Greater(t, reads, 1)
}

// TestStaleResultsFreeNobody: a result that does not count hands nothing out along with it, so a pass hands out what one stage
// may and not twice as much.
func TestStaleResultsFreeNobody(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	pool := openPool(t, url)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, BatchSize: 1})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	wide(t, o, "demo", 25)
	_, err = pool.Exec(t.Context(), `SELECT tasker.pause_namespace('demo', 'test')`)
	require.NoError(t, err)
	_, err = o.CreateTask(t.Context(), tasker.Request{Namespace: "demo", Name: "wide25"})
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `SELECT tasker.resume_namespace('demo', 'test'), pgmq.send('orchestration_step_results',
		jsonb_build_object('protocol', 1, 'step_id', 1, 'task_id', gen_random_uuid(), 'attempt', 9, 'status', 'success'))`)
	require.NoError(t, err)
	report, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, []int{report.Stale, report.Enqueued})
}

// TestWaitingTasksDelayNobody: five thousand tasks wait for a retry that is far off. A new one goes out with the next tick,
// and that is no slower for them.
func TestWaitingTasksDelayNobody(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	wide(t, o, "demo", 1)
	_, err := pool.Exec(t.Context(), `SELECT tasker.create_tasks((SELECT jsonb_agg('{"namespace": "demo", "name": "wide1"}'::jsonb)
		FROM generate_series(1, 5000)));
		UPDATE tasker.steps SET state = 'waiting_for_retry', due_at = now() + interval '1 hour', attempt = 1, failures = 1, msg_id = NULL;
		SELECT pgmq.purge_queue('demo_queue')`)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `SELECT pgmq.send('orchestration_task_requests', '{"namespace": "demo", "name": "wide1", "priority": -100}')`)
	require.NoError(t, err)
	before := time.Now()
	report, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Less(t, time.Since(before), time.Second)
	require.Equal(t, 1, report.Admitted)
	var out int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM pgmq.q_demo_queue`).Scan(&out))
	require.Equal(t, 1, out)
}

// counted is a socket that counts how often something is sent through it: once for each round trip.
type counted struct {
	net.Conn
	sent *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.sent.Add(1)
	return c.Conn.Write(b)
}

// TestTickHasABudget: what a tick asks the database and what it logs does not grow with what it does.
func TestTickHasABudget(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	var sent, lines atomic.Int64
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, PoolSize: 1,
		Log:    func(string, string, map[string]any) { lines.Add(1) },
		Dialed: func(conn net.Conn) net.Conn { return counted{conn, &sent} }})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	pool := openPool(t, url)
	id := wide(t, o, "demo", 100)
	_, err = o.Tick(t.Context()) // prepares its statements
	require.NoError(t, err)
	answer(t, pool, id)
	sent.Store(0)
	lines.Store(0)
	report, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, 100, report.Applied)
	require.Equal(t, "complete", stateOf(t, pool, id))
	require.LessOrEqual(t, sent.Load(), int64(40), "round trips for a hundred results")
	require.LessOrEqual(t, lines.Load(), int64(3), "log lines for a hundred results")
}

// TestLogsHoldNoPayloads: what users put into contexts, results and errors stays out of the log.
func TestLogsHoldNoPayloads(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	var mu sync.Mutex
	var log strings.Builder
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, Log: func(level, message string, attributes map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&log, level, message, attributes)
	}})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	pool := openPool(t, url)
	const marker = "s3cr3t"
	wide(t, o, "demo", 2)
	created, err := o.CreateTask(t.Context(), tasker.Request{Namespace: "demo", Name: "wide2", Context: json.RawMessage(`{"card": "` + marker + `"}`)})
	require.NoError(t, err)
	for _, outcome := range []string{`"status": "success", "results": "` + marker + `"`,
		`"status": "failed", "error": {"error_type": "E", "message": "` + marker + `", "retryable": false}`} {
		_, err = pool.Exec(t.Context(), `SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id,
			'task_id', task_id, 'attempt', attempt) || $2::text::jsonb) FROM tasker.steps WHERE task_id = $1 AND state = 'enqueued' LIMIT 1`,
			created.TaskID, "{"+outcome+"}")
		require.NoError(t, err)
		_, err = o.Tick(t.Context())
		require.NoError(t, err)
	}
	require.Equal(t, "error", stateOf(t, pool, created.TaskID))
	mu.Lock()
	defer mu.Unlock()
	require.Contains(t, log.String(), "info apply")
	require.NotContains(t, log.String(), marker)
}

// TestAnotherTimeZone: the scripts tell the same story in a database whose sessions think in another zone, with half hours
// and summer time.
func TestAnotherTimeZone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"retry", "losses", "window", "slow_branch", "outage"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(filepath.Join("testdata", name+".txt")) //nolint:gosec // a script of ours
			require.NoError(t, err)
			require.Equal(t, string(source), play(newWorldIn(t, "America/St_Johns"), string(source)))
		})
	}
}

// newWorldIn is newWorld in a time zone.
func newWorldIn(t *testing.T, zone string) *world {
	w := newWorld(t)
	w.o.Close()
	w.pool.Close()
	config := w.pool.Config()
	url := config.ConnString()
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone = %L', current_database(), '`+zone+`'); END $$`)
	require.NoError(t, err)
	pool.Close()
	w.pool = openPool(t, url)
	w.o, err = orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, Actor: "orchestrator"})
	require.NoError(t, err)
	t.Cleanup(w.o.Close)
	var in string
	require.NoError(t, w.pool.QueryRow(context.Background(), "SHOW TimeZone").Scan(&in))
	require.Equal(t, zone, in)
	return w
}
