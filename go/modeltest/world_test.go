package modeltest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// names are the namespaces of every world. The order of their ids is the order in which a tick hands out.
var names = []string{"ma", "mb"}

// batchSizes are what the orchestrators of a world differ in.
var batchSizes = []int{100, 10, 3}

// world is a migrated database with its orchestrators, used by one history after another.
type world struct {
	ctx           context.Context
	pool          *pgxpool.Pool
	orchestrators []*orchestrator.Orchestrator
	histories     int // so far
}

//go:embed testdata/observe.sql
var observeSQL string

//go:embed testdata/invariants.sql
var invariantsSQL string

func newWorld(t testing.TB) *world {
	w := &world{ctx: context.Background()}
	url := dbtest.URL(t)
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.ConnConfig.RuntimeParams["jit"] = "off" // compiling what checks a few rows takes longer than checking them
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.MaxConns = 10
	w.pool, err = pgxpool.NewWithConfig(w.ctx, config)
	require.NoError(t, err)
	t.Cleanup(w.pool.Close)
	for i, size := range batchSizes {
		o, err := orchestrator.Open(w.ctx, orchestrator.Config{DatabaseURL: url, PoolSize: 2, BatchSize: size,
			Actor: fmt.Sprintf("orchestrator %d", i+1), SweepInterval: 1000 * time.Hour, Lease: lease * time.Second})
		require.NoError(t, err)
		t.Cleanup(o.Close)
		_, err = o.Tick(w.ctx) // the first one sweeps; from now on a history says when
		require.NoError(t, err)
		w.orchestrators = append(w.orchestrators, o)
	}
	for _, name := range names {
		_, err := w.orchestrators[0].RegisterTemplate(w.ctx, tasker.Template{Namespace: name, Name: "none", Version: "1.0.0"})
		require.NoError(t, err)
	}
	require.NoError(t, w.exec(`CREATE TABLE public.effects (step_id bigint)`)) // of transactional handlers
	// No two queues share a message id, so that it alone names a message.
	require.NoError(t, w.exec(`ALTER TABLE pgmq.q_mb_queue ALTER COLUMN msg_id RESTART WITH 1000000000`))
	return w
}

// To delete is faster than to truncate, as long as not too much of what is deleted lies about.
const truncateEvery = 25

var (
	cleaned = []string{"public.effects", "tasker.suspects", "tasker.pauses", "tasker.tasks", "tasker.task_transitions",
		"tasker.step_transitions", "tasker.templates", "tasker.dead_letters", "pgmq.q_ma_queue",
		"pgmq.q_mb_queue", "pgmq.q_orchestration_step_results", "pgmq.q_orchestration_task_requests"}
	emptied = []string{"pgmq.a_ma_queue", "pgmq.a_mb_queue", "pgmq.a_orchestration_step_results", "pgmq.a_orchestration_task_requests"}
)

// clean takes away what the last history left, however it ended.
func (w *world) clean(namespaces []*namespace) error {
	var b pgx.Batch
	if w.histories++; w.histories%truncateEvery == 0 {
		b.Queue(`TRUNCATE ` + strings.Join(append(emptied, cleaned...), ", ") + ` CASCADE`)
	} else {
		for _, table := range cleaned {
			b.Queue(`DELETE FROM ` + table)
		}
	}
	b.Queue(`UPDATE tasker.installation SET paused = false WHERE paused`)
	for _, n := range namespaces {
		b.Queue(`UPDATE tasker.namespaces SET paused = false, dispatch_window = $2, crash_budget = $3 WHERE name = $1`,
			n.name, n.window, n.budget)
	}
	return w.pool.SendBatch(w.ctx, &b).Close()
}

// observed is the database as the model sees it.
type observed struct {
	Paused   [3]bool // everything, and each namespace
	Tasks    []seenTask
	Steps    []seenStep
	Queues   [][]seenMessage
	Results  int
	Requests int
	Dead     int
	Suspects []seenSuspect

	violations []string // of the invariants
}

type seenTask struct {
	ID, Tag, State string
	Paused         bool
}

type seenStep struct {
	ID                               int64
	Task, Name, State                string
	Attempt, Failures, Losses, Unmet int
	Paused                           bool
	Message                          int64
	Announced                        bool
	Due                              float64 // in seconds
	Replied                          bool    // and not applied yet
	Effects                          int
	Checkpoint, Told                 string
}

type seenMessage struct {
	ID, Step       int64
	Attempt, Reads int
	Wait           float64 // seconds until it is visible
}

type seenSuspect struct {
	Step, Message int64
	Attempt       int
	Age           float64 // in seconds
}

// UnmarshalJSON reads the array that observe.sql makes of a row.
func (s *seenSuspect) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&s.Step, &s.Message, &s.Attempt, &s.Age})
}

// UnmarshalJSON reads the array that observe.sql makes of a row.
func (s *seenTask) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&s.ID, &s.Tag, &s.State, &s.Paused})
}

// UnmarshalJSON reads the array that observe.sql makes of a row.
func (s *seenStep) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&s.ID, &s.Task, &s.Name, &s.State, &s.Attempt, &s.Failures, &s.Losses, &s.Unmet,
		&s.Paused, &s.Message, &s.Announced, &s.Due, &s.Replied, &s.Effects, &s.Checkpoint, &s.Told})
}

// UnmarshalJSON reads the array that observe.sql makes of a row.
func (m *seenMessage) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&m.ID, &m.Step, &m.Attempt, &m.Reads, &m.Wait})
}

// observe reads everything and checks the invariants, in one round trip.
func (w *world) observe(lost []int64, windows []int) (o observed, err error) {
	var b pgx.Batch
	b.Queue(observeSQL).QueryRow(func(row pgx.Row) error { return row.Scan(&o) })
	b.Queue(invariantsSQL, lost, windows).Query(func(rows pgx.Rows) (err error) {
		o.violations, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return o, w.pool.SendBatch(w.ctx, &b).Close()
}

// violations checks the invariants alone.
func (w *world) violations(lost []int64, windows []int) ([]string, error) {
	rows, err := w.pool.Query(w.ctx, invariantsSQL, lost, windows)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// exec runs one statement for what it does.
func (w *world) exec(sql string, arguments ...any) error {
	_, err := w.pool.Exec(w.ctx, sql, arguments...)
	return err
}

// ids runs one statement that gives numbers.
func (w *world) ids(sql string, arguments ...any) ([]int64, error) {
	rows, err := w.pool.Query(w.ctx, sql, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// pass lets time pass: everything that waits for a time has waited so much longer.
func (w *world) pass(seconds int) error {
	var b pgx.Batch
	b.Queue(`UPDATE tasker.steps SET due_at = due_at - make_interval(secs => $1) WHERE due_at IS NOT NULL`, seconds)
	b.Queue(`UPDATE tasker.suspects SET since = since - make_interval(secs => $1)`, seconds)
	b.Queue(`UPDATE pgmq.q_ma_queue SET vt = vt - make_interval(secs => $1)`, seconds)
	b.Queue(`UPDATE pgmq.q_mb_queue SET vt = vt - make_interval(secs => $1)`, seconds)
	b.Queue(`UPDATE pgmq.q_orchestration_step_results SET vt = vt - make_interval(secs => $1)`, seconds)
	b.Queue(`UPDATE pgmq.q_orchestration_task_requests SET vt = vt - make_interval(secs => $1), message = message ||
		CASE WHEN message ? 'start_at' THEN jsonb_build_object('start_at', (message ->> 'start_at')::timestamptz - make_interval(secs => $1))
		ELSE '{}' END`, seconds)
	return w.pool.SendBatch(w.ctx, &b).Close()
}
