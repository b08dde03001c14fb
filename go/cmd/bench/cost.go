package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
)

// costFigures: what a step costs the server in statements, round trips, WAL and updates that touch indexes. Creating the
// tasks is not counted.
func costFigures() []figure {
	return []figure{
		{"cost/batch1", false, func(b *bench, ctx context.Context) ([]line, error) { return b.cost(ctx, 1, 8) }},
		{"cost/batch100", true, func(b *bench, ctx context.Context) ([]line, error) { return b.cost(ctx, 100, 0.2) }},
	}
}

func (b *bench) cost(ctx context.Context, batch int, target float64) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		own, err := newFloor(ctx, w.pool)
		if err != nil {
			return err
		}
		spent, err := w.spend(ctx, own, batch)
		if err != nil {
			return err
		}
		lines = spent.lines(target)
		hot, err := w.hotUpdates(ctx)
		lines = append(lines, hot...)
		return err
	})
	return lines, err
}

// spent is what some steps cost.
type spent struct {
	steps           int
	ticks, work     traffic
	wal, walOfFloor float64
}

// spend lets an orchestrator and a worker that announces its starts finish some tasks.
func (w *world) spend(ctx context.Context, own floor, batch int) (*spent, error) {
	var s spent
	c, err := w.crew(ctx, linear4, batch, 1, orchestrator.Config{Dialed: s.ticks.tap})
	if err != nil {
		return nil, err
	}
	defer c.close()
	if c.pool, err = openPool(ctx, w.url, s.work.tap); err != nil {
		return nil, err
	}
	defer c.pool.Close()
	if _, err = c.orchestrate(ctx, max(batch, 20)); err != nil { // fills caches and plans
		return nil, err
	}
	sample := c.sample()
	c.announce = true
	tasks := budget(batch) / len(linear4.steps)
	s.steps = tasks * len(linear4.steps)
	if err = w.create(ctx, namespace, linear4, tasks); err != nil {
		return nil, err
	}
	s.ticks.reset()
	s.work.reset()
	if s.wal, err = w.wal(ctx, func() error { return c.finish(ctx, tasks) }); err != nil {
		return nil, err
	}
	s.walOfFloor, err = w.wal(ctx, func() error { _, err := own.hops(ctx, sample, s.steps, batch, 1); return err })
	if s.ticks.statements.Load() == 0 {
		return nil, errors.New("no statement was seen on the wire: it is read without TLS only")
	}
	return &s, err
}

func (s *spent) lines(target float64) []line {
	each := func(name, unit string, n float64) line {
		return line{Figure: name, Unit: unit, Value: rounded(n / float64(s.steps)), N: s.steps}
	}
	ticks, work := float64(s.ticks.statements.Load()), float64(s.work.statements.Load())
	wal := each("/wal", "bytes/step", s.wal)
	wal.Beside, wal.Floor, wal.Ratio = "hops by our pgmq", rounded(s.walOfFloor/float64(s.steps)), rounded(s.wal/s.walOfFloor)
	return []line{
		each("/statements", "statements/step", ticks+work).meant(valueAtMost, target),
		each("/statements/orchestrator", "statements/step", ticks),
		each("/statements/worker", "statements/step", work),
		each("/round_trips", "round trips/step", float64(s.ticks.trips.Load()+s.work.trips.Load())),
		wal,
	}
}

// wal gives how many bytes of WAL the server writes while f runs.
func (w *world) wal(ctx context.Context, f func() error) (float64, error) {
	before, err := w.walSoFar(ctx)
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	after, err := w.walSoFar(ctx)
	return after - before, err
}

func (w *world) walSoFar(ctx context.Context) (float64, error) {
	return w.number(ctx, `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8`)
}

// hotUpdates tells which part of the updates of each hot table touched no index. Sessions tell of what they did when they
// end, so those that worked have ended by now, and a moment may pass.
func (w *world) hotUpdates(ctx context.Context) ([]line, error) {
	w.pool.Reset()
	time.Sleep(time.Second)
	rows, err := w.pool.Query(ctx, `SELECT relname, n_tup_hot_upd::float8, n_tup_upd::float8 FROM pg_stat_user_tables
		WHERE (schemaname = 'tasker' OR relname IN ('q_' || $1, 'q_' || $2)) AND n_tup_upd >= 100 ORDER BY 1`,
		queue.StepQueue(namespace), queue.StepResults)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l line, err error) {
		var table string
		var hot, all float64
		err = row.Scan(&table, &hot, &all)
		return line{Figure: fmt.Sprintf("/hot_updates/%s", table), Unit: "of all updates", Value: rounded(hot / all), N: int(all)}, err
	})
}
