package orchestrator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// These tests put something in the way of everything else, and look whether everything else goes on.

// hardship is a database with an orchestrator of small batches that ticks when told to.
func hardship(t *testing.T) (*orchestrator.Orchestrator, *pgxpool.Pool) {
	t.Helper()
	url := dbtest.URL(t)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, BatchSize: 5})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	return o, openPool(t, url)
}

// wide registers a template of some steps that wait for nobody, and creates a task of it.
func wide(t *testing.T, o *orchestrator.Orchestrator, namespace string, steps int) (taskID string) {
	t.Helper()
	template := tasker.Template{Namespace: namespace, Name: fmt.Sprintf("wide%d", steps), Version: "1.0.0"}
	for i := range steps {
		template.Steps = append(template.Steps, tasker.Step{Name: fmt.Sprintf("s%d", i), HandlerClass: "Handler",
			MaxAttempts: 3, Retryable: true, Backoff: tasker.DefaultBackoff})
	}
	_, err := o.RegisterTemplate(t.Context(), template)
	require.NoError(t, err)
	created, err := o.CreateTask(t.Context(), tasker.Request{Namespace: namespace, Name: template.Name})
	require.NoError(t, err)
	return created.TaskID
}

// answer sends a success for every step of a task that is out.
func answer(t *testing.T, pool *pgxpool.Pool, taskID string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1,
		'step_id', step_id, 'task_id', task_id, 'attempt', attempt, 'status', 'success'))
		FROM tasker.steps WHERE task_id = $1 AND state = 'enqueued' ORDER BY step_id`, taskID)
	require.NoError(t, err)
}

func stateOf(t *testing.T, pool *pgxpool.Pool, taskID string) (state string) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT state FROM tasker.tasks WHERE task_id = $1`, taskID).Scan(&state))
	return state
}

// hold locks a task in somebody else's transaction, until it is let go or the test ends.
func hold(t *testing.T, pool *pgxpool.Pool, taskID string) (letGo func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT FROM tasker.tasks WHERE task_id = $1 FOR UPDATE`, taskID)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return func() { require.NoError(t, tx.Rollback(t.Context())) }
}

// TestBusyResultsLetOthersPass: a transaction of somebody's holds a task with more answered steps than a batch takes.
func TestBusyResultsLetOthersPass(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	held, free := wide(t, o, "demo", 23), wide(t, o, "demo", 1)
	answer(t, pool, held)
	answer(t, pool, free)
	letGo := hold(t, pool, held)
	require.Eventually(t, func() bool {
		_, err := o.Tick(t.Context())
		return err == nil && stateOf(t, pool, free) == "complete"
	}, 20*time.Second, time.Millisecond)
	letGo()
	require.Eventually(t, func() bool {
		_, err := o.Tick(t.Context())
		return err == nil && stateOf(t, pool, held) == "complete"
	}, 20*time.Second, time.Millisecond)
}

// TestHeldTaskLeavesRoomToOthers: the window has room for one, and the next in line belongs to a task that is held.
func TestHeldTaskLeavesRoomToOthers(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	out := wide(t, o, "demo", 1)
	_, err := pool.Exec(t.Context(), `UPDATE tasker.namespaces SET dispatch_window = 1`)
	require.NoError(t, err)
	held, next := wide(t, o, "demo", 2), wide(t, o, "demo", 3)
	hold(t, pool, held)
	answer(t, pool, out)
	_, err = o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, "in_progress", stateOf(t, pool, next))
}

// TestMissingQueue: the queue of a namespace is gone, with steps of it ready. The others do not notice.
func TestMissingQueue(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	wide(t, o, "gone", 1)
	wide(t, o, "demo", 1)
	_, err := pool.Exec(t.Context(), `SELECT pgmq.drop_queue('gone_queue');
		UPDATE tasker.steps SET state = 'pending', msg_id = NULL, attempt = 0
		 WHERE namespace_id = (SELECT namespace_id FROM tasker.namespaces WHERE name = 'gone')`)
	require.NoError(t, err)
	other := wide(t, o, "demo", 2)
	answer(t, pool, other)
	_, err = o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, "complete", stateOf(t, pool, other))
}

// TestMessageThatCannotBeRead: the connection speaks an encoding that has no letter for what a message says, so the server
// cannot show it. It goes to the dead letters unopened and unharmed, and the one that shared its batch is applied.
func TestMessageThatCannotBeRead(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	latin, err := orchestrator.Open(t.Context(), orchestrator.Config{Unmigrated: true, // Check insists on UTF-8
		DatabaseURL: withParameter(t, url, "client_encoding", "LATIN1")})
	require.NoError(t, err)
	t.Cleanup(latin.Close)
	pool := openPool(t, url)
	task := wide(t, latin, "demo", 1)
	_, err = queue.Send(t.Context(), pool, queue.StepResults, []byte(`"🦀"`))
	require.NoError(t, err)
	answer(t, pool, task)
	for _, want := range []orchestrator.Report{{DeadLettered: 1}, {Applied: 1, Finished: 1}} {
		report, err := latin.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, report)
	}
	require.Equal(t, `"🦀"`, ask[string](t, pool, `SELECT message::text FROM tasker.dead_letters WHERE reason LIKE '%LATIN1%22P05%'`))
}

func withParameter(t *testing.T, databaseURL, name, value string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// TestLateRelease: a worker whose lease has passed gives its message back. The step belongs to the next worker by then,
// and stays in its hands.
func TestLateRelease(t *testing.T) {
	t.Parallel()
	o, pool := hardship(t)
	wide(t, o, "demo", 1)
	var msgID, stepID int64
	var readCount int
	read := func() {
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT msg_id, read_ct, (message ->> 'step_id')::bigint
			FROM tasker.read_steps('demo', 0, 1, 'worker')`).Scan(&msgID, &readCount, &stepID))
	}
	release := func(readCount int) (given int, state string) {
		releases, err := json.Marshal([]map[string]any{{"msg_id": msgID, "read_ct": readCount, "step_id": stepID, "attempt": 1}})
		require.NoError(t, err)
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM tasker.release_steps('demo', $1::jsonb)`,
			string(releases)).Scan(&given))
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT state FROM tasker.steps WHERE step_id = $1`, stepID).Scan(&state))
		return given, state
	}
	read()
	read() // the lease of no length has passed
	given, state := release(readCount - 1)
	require.Equal(t, 0, given)
	require.Equal(t, "in_progress", state)
	given, state = release(readCount)
	require.Equal(t, 1, given)
	require.Equal(t, "enqueued", state)
}
