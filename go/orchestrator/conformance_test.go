package orchestrator_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

const conformance = "../../spec/fixtures/conformance"

// expectation is expected.json: what every step must give, also read by the Ruby suite.
type expectation struct {
	Context   json.RawMessage                       `json:"context"`
	Workflows map[string]map[string]json.RawMessage `json:"workflows"`
}

func expected(t *testing.T) expectation {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(conformance, "expected.json"))
	require.NoError(t, err)
	var e expectation
	require.NoError(t, json.Unmarshal(source, &e))
	require.Len(t, e.Workflows, 4)
	return e
}

// registerConformance registers the four workflows and gives their names.
func registerConformance(t *testing.T, o *orchestrator.Orchestrator) (names []string) {
	t.Helper()
	for name := range expected(t).Workflows {
		source, err := os.ReadFile(filepath.Join(conformance, name+".yaml"))
		require.NoError(t, err)
		template, err := tasker.ParseTemplate(source, "test", nil)
		require.NoError(t, err)
		_, err = o.RegisterTemplate(t.Context(), template)
		require.NoError(t, err)
		names = append(names, template.Name)
	}
	return names
}

func open(t *testing.T, url string) *orchestrator.Orchestrator {
	t.Helper()
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url,
		Log: func(level, message string, attributes map[string]any) {
			if level == "error" {
				t.Errorf("%s: %v", message, attributes)
			}
		}})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	return o
}

func openPool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// work runs plain workers until the test is over.
func work(t *testing.T, workers int, w plainWorker) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { w.run(ctx, t) })
	}
	t.Cleanup(func() { cancel(); all.Wait() })
}

// TestConformance runs the four shapes through every door, with a plain worker, and compares each step's result.
func TestConformance(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	names := registerConformance(t, o)
	work(t, 2, plainWorker{pool, "conformance", 30 * time.Second})
	o.Start()
	e := expected(t)
	doors := map[string]func(*testing.T, string, json.RawMessage) string{
		"go": func(t *testing.T, name string, input json.RawMessage) string {
			created, err := o.CreateTask(t.Context(), tasker.Request{Namespace: "conformance", Name: name, Context: input})
			require.NoError(t, err)
			return created.TaskID
		},
		"sql": func(t *testing.T, name string, input json.RawMessage) string {
			return createBySQL(t, pool, name, input)
		},
		"queue": func(t *testing.T, name string, input json.RawMessage) string {
			return createByQueue(t, pool, name, input)
		},
	}
	for door, create := range doors {
		for _, name := range names {
			t.Run(door+"/"+name, func(t *testing.T) {
				id := create(t, name, e.Context)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				state, err := o.Wait(ctx, id)
				require.NoError(t, err)
				require.Equal(t, "complete", state)
				requireResults(t, pool, id, e.Workflows[name])
			})
		}
	}
}

func createBySQL(t *testing.T, pool *pgxpool.Pool, name string, input json.RawMessage) (id string) {
	request := map[string]any{"namespace": "conformance", "name": name, "context": input}
	require.NoError(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT task_id::text FROM tasker.create_task($1)`, request).Scan(&id)
	}))
	return id
}

// createByQueue sends a request and finds its task by the key it gave.
func createByQueue(t *testing.T, pool *pgxpool.Pool, name string, input json.RawMessage) (id string) {
	key := "queue " + name
	body, err := json.Marshal(map[string]any{"namespace": "conformance", "name": name, "context": input, "idempotency_key": key})
	require.NoError(t, err)
	_, err = queue.Send(t.Context(), pool, queue.TaskRequests, body)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return pool.QueryRow(t.Context(), `SELECT task_id::text FROM tasker.tasks WHERE idempotency_key = $1`, key).Scan(&id) == nil
	}, 10*time.Second, 5*time.Millisecond)
	return id
}

func requireResults(t *testing.T, pool *pgxpool.Pool, id string, expected map[string]json.RawMessage) {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT name, results FROM tasker.steps WHERE task_id = $1`, id)
	require.NoError(t, err)
	results := map[string]json.RawMessage{}
	var name string
	var result json.RawMessage
	_, err = pgx.ForEachRow(rows, []any{&name, &result}, func() error {
		results[name] = json.RawMessage(strings.Clone(string(result)))
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, expected, results)
}

// TestRollbackLeavesNothing: what a caller's transaction created is gone with it, tasks, steps and messages.
func TestRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	registerConformance(t, o)
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	var state string
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT state FROM tasker.create_task($1)`,
		map[string]any{"namespace": "conformance", "name": "diamond", "context": map[string]any{"even_number": 6}}).Scan(&state))
	require.Equal(t, "in_progress", state)
	require.NoError(t, tx.Rollback(t.Context()))
	for _, table := range []string{"tasker.tasks", "tasker.steps", "tasker.step_transitions",
		"tasker.task_transitions", "pgmq.q_conformance_queue"} {
		var rows int
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&rows))
		require.Zero(t, rows, table)
	}
}

// TestManyOrchestrators: two orchestrators and three workers on 500 mixed tasks. Every step has exactly one accepted
// completion, nothing is stuck, and nobody logs an error.
func TestManyOrchestrators(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	first, second, pool := open(t, url), open(t, url), openPool(t, url)
	names := registerConformance(t, first)
	e := expected(t)
	work(t, 3, plainWorker{pool, "conformance", 30 * time.Second})
	first.Start()
	second.Start()
	const tasks = 500
	for i := range tasks {
		body, err := json.Marshal(map[string]any{"namespace": "conformance", "name": names[i%len(names)], "context": e.Context})
		require.NoError(t, err)
		_, err = queue.Send(t.Context(), pool, queue.TaskRequests, body)
		require.NoError(t, err)
	}
	requireComplete(t, pool, tasks)
	requireAccepted(t, pool)
	require.Positive(t, first.Status().Ticks)
	require.Positive(t, second.Status().Ticks)
}

// requireComplete waits until so many tasks are complete.
func requireComplete(t *testing.T, pool *pgxpool.Pool, tasks int) {
	t.Helper()
	var complete, all int
	done := func() bool {
		err := pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE state = 'complete'), count(*) FROM tasker.tasks`).Scan(&complete, &all)
		return err == nil && complete == tasks
	}
	if !assertEventually(done, 2*time.Minute) {
		t.Fatalf("%d of %d tasks are complete, %d were to be", complete, all, tasks)
	}
}

func assertEventually(done func() bool, within time.Duration) bool {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if done() {
			return true
		}
		wait(context.Background(), 20*time.Millisecond)
	}
	return false
}
