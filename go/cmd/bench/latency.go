package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// latencyFigures: how long a client waits for a chain of four steps, from before it asks until it knows that the task is
// over, beside so many others. Client, orchestrator and worker hear of each other by NOTIFY. One at a time has a floor: see bareChain.
func latencyFigures() (all []figure) {
	for _, inFlight := range []int{1, 10, 100, 500} {
		all = append(all, figure{fmt.Sprintf("latency/chain4/go/in_flight%d", inFlight), inFlight == 1,
			func(b *bench, ctx context.Context) ([]line, error) { return b.latency(ctx, inFlight) }})
	}
	return all
}

func (b *bench) latency(ctx context.Context, inFlight int) (lines []line, err error) {
	tasks := max(1000, 10*inFlight)
	if b.quick {
		tasks = 200
	}
	err = b.withWorld(ctx, func(w *world) error {
		replied := replies{at: map[int64]time.Time{}}
		return w.running(ctx, []*worker{{namespace: namespace, batch: 100, noted: replied.note}}, func(ctx context.Context) error {
			c, err := w.newClient(ctx, namespace, linear4)
			if err != nil {
				return err
			}
			defer c.close()
			if _, err := c.keep(ctx, inFlight, inFlight+50, nil); err != nil { // warms up
				return err
			}
			start := time.Now()
			done, err := c.keep(ctx, inFlight, tasks, nil)
			if err != nil {
				return err
			}
			lines = append(percentiles(done, inFlight), line{Figure: "/tasks", Value: rounded(perSecond(len(done), start)), Unit: "tasks/s", N: len(done)})
			stages, err := w.stages(ctx, done, &replied)
			lines = append(lines, stages...)
			return err
		})
	})
	if err != nil || inFlight > 1 {
		return lines, err
	}
	bare, err := b.bareChain(ctx, tasks)
	if err != nil {
		return lines, err
	}
	return append(lines, measured("/bare", "ms", bare)), nil
}

// percentiles are the lines that a client sees. Targets are for one task at a time.
func percentiles(done []finished, inFlight int) []line {
	took := make([]float64, len(done))
	for i, f := range done {
		took[i] = milliseconds(f.known.Sub(f.asked))
	}
	p50 := measured("/p50", "ms", took)
	p95, p99 := p50, p50
	p95.Figure, p95.Value = "/p95", rounded(quantile(took, 0.95))
	p99.Figure, p99.Value = "/p99", rounded(quantile(took, 0.99))
	if inFlight == 1 {
		p50, p99 = p50.meant(valueAtMost, 6), p99.meant(valueAtMost, 15)
	}
	return []line{p50, p95, p99}
}

// running runs f beside an orchestrator and workers.
func (w *world) running(ctx context.Context, workers []*worker, f func(ctx context.Context) error) error {
	stop, err := w.start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	g := newGroup(ctx)
	for _, each := range workers {
		g.run("a worker", func(ctx context.Context) error { return each.serve(ctx, w.url) })
	}
	err = f(g.ctx)
	if failure := g.stop(); failure != nil {
		return failure
	}
	return err
}

// replies remembers when a worker's answers were committed.
type replies struct {
	mu sync.Mutex
	at map[int64]time.Time
}

func (r *replies) note(steps []int64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, step := range steps {
		r.at[step] = at
	}
}

// client keeps tasks in flight and takes their times. It asks for tasks and hears of their ends on one connection.
type client struct {
	conn      *pgx.Conn
	namespace string
	shape     shape
	open      map[string]time.Time
}

// finished is a task that was waited for.
type finished struct {
	id           string
	asked, known time.Time
}

func (w *world) newClient(ctx context.Context, namespace string, s shape) (*client, error) {
	conn, err := listen(ctx, w.url, "tasker.finished")
	return &client{conn, namespace, s, map[string]time.Time{}}, err
}

func (c *client) close() {
	c.conn.Close(context.Background()) //nolint:errcheck // nothing is lost with it
}

// keep keeps so many tasks in flight until so many are done, or enough says so, and waits for the rest.
func (c *client) keep(ctx context.Context, inFlight, tasks int, enough func() bool) (done []finished, err error) {
	for asked := 0; ; {
		more := min(inFlight-len(c.open), tasks-asked)
		if enough != nil && enough() {
			more, tasks = 0, asked
		}
		if more > 0 {
			if err := c.ask(ctx, more); err != nil {
				return done, err
			}
			asked += more
		}
		if len(c.open) == 0 {
			return done, nil
		}
		if err := hear(ctx, c.conn); err != nil {
			return done, err
		}
		over, err := c.look(ctx)
		if err != nil {
			return done, err
		}
		done = append(done, over...)
	}
}

func (c *client) ask(ctx context.Context, tasks int) error {
	now := time.Now()
	ids, err := texts(ctx, c.conn, `SELECT task_id::text FROM tasker.create_tasks((
		SELECT jsonb_agg(jsonb_build_object('namespace', $1::text, 'name', $2::text, 'context', '{"even_number": 6}'::jsonb))
		FROM generate_series(1, $3::integer)))`, c.namespace, c.shape.name, tasks)
	for _, id := range ids {
		c.open[id] = now
	}
	return err
}

// look finds out which tasks are over.
func (c *client) look(ctx context.Context) (over []finished, err error) {
	open := make([]string, 0, len(c.open))
	for id := range c.open {
		open = append(open, id)
	}
	ids, err := texts(ctx, c.conn, `SELECT task_id::text FROM tasker.tasks
		WHERE task_id = ANY ($1::text[]::uuid[]) AND completed_at IS NOT NULL`, open)
	now := time.Now()
	for _, id := range ids {
		over = append(over, finished{id, c.open[id], now})
		delete(c.open, id)
	}
	return over, err
}

func texts(ctx context.Context, conn *pgx.Conn, sql string, arguments ...any) ([]string, error) {
	rows, err := conn.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// A task's time, cut where somebody else has it in hand. The cuts of all steps together are the whole.
var stageNames = []string{
	"asked_to_enqueued",   // the client's statement: the task is made and its first step handed out
	"enqueued_to_started", // a commit, a notification, and the worker's read
	"started_to_replied",  // the read's commit, the handler, the reply's commit
	"replied_to_applied",  // a notification, and the orchestrator's tick as far as the result's turn
	"applied_to_enqueued", // in the same transaction
	"applied_to_known",    // a commit, a notification, and the client's look
}

// step is what the database remembers of one.
type step struct {
	id                           int64
	enqueued, started, completed time.Time
}

// stages tells where the time went: a line a stage, in milliseconds of a task's whole time, which is its floor.
func (w *world) stages(ctx context.Context, done []finished, replied *replies) ([]line, error) {
	steps, err := w.stepsOf(ctx, done)
	if err != nil {
		return nil, err
	}
	took, all := make([][]float64, len(stageNames)), []float64{}
	replied.mu.Lock()
	defer replied.mu.Unlock()
	for _, f := range done {
		for stage, ms := range cut(f, steps[f.id], replied.at) {
			took[stage] = append(took[stage], ms)
		}
		all = append(all, milliseconds(f.known.Sub(f.asked)))
	}
	lines := make([]line, len(stageNames))
	for stage, name := range stageNames {
		lines[stage] = compared("/stage/"+name, "ms", took[stage], "the whole task", all)
	}
	return lines, nil
}

func cut(f finished, steps []step, replied map[int64]time.Time) [6]float64 {
	var stages [6]time.Duration
	stages[0] = steps[0].enqueued.Sub(f.asked)
	for i, s := range steps {
		stages[1] += s.started.Sub(s.enqueued)
		stages[2] += replied[s.id].Sub(s.started)
		stages[3] += s.completed.Sub(replied[s.id])
		if i > 0 {
			stages[4] += s.enqueued.Sub(steps[i-1].completed)
		}
	}
	stages[5] = f.known.Sub(steps[len(steps)-1].completed)
	var ms [6]float64
	for i, d := range stages {
		ms[i] = milliseconds(d)
	}
	return ms
}

// stepsOf gives the steps of tasks, in their order. The database's clock is ours: the figure is for one machine.
func (w *world) stepsOf(ctx context.Context, done []finished) (map[string][]step, error) {
	ids := make([]string, len(done))
	for i, f := range done {
		ids[i] = f.id
	}
	rows, err := w.pool.Query(ctx, `SELECT task_id::text, step_id, enqueued_at, started_at, completed_at FROM tasker.steps
		WHERE task_id = ANY ($1::text[]::uuid[])`, ids)
	if err != nil {
		return nil, err
	}
	steps := map[string][]step{}
	var id string
	var s step
	_, err = pgx.ForEachRow(rows, []any{&id, &s.id, &s.enqueued, &s.started, &s.completed}, func() error {
		steps[id] = append(steps[id], s)
		return nil
	})
	for _, some := range steps {
		slices.SortFunc(some, func(a, b step) int { return int(a.id - b.id) })
	}
	return steps, err
}
