package main

import (
	"context"
	"time"
)

// enduranceFigures: whether a long time at saturation wears anything out.
func enduranceFigures() []figure {
	return []figure{{"endurance", false, (*bench).endurance}}
}

func (b *bench) endurance(ctx context.Context) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		work := &worker{namespace: namespace, batch: 100}
		return w.running(ctx, []*worker{work}, func(ctx context.Context) error {
			if _, err := w.saturation(ctx, work, 2*time.Second); err != nil { // warms up
				return err
			}
			e := endurance{world: w, work: work}
			load := newGroup(ctx)
			load.run("the load", func(ctx context.Context) error {
				_, err := w.saturation(ctx, work, b.long)
				return err
			})
			if err := e.watch(load.ctx, b.long/parts); err != nil {
				return err
			}
			lines = e.lines()
			return load.wait()
		})
	})
	return lines, err
}

// endurance is what was seen: one value for each part of the time.
type endurance struct {
	world                   *world
	work                    *worker
	steps                   int64
	rates, wal              []float64
	tables, indexes, queues []float64
}

// watch looks at the end of each part.
func (e *endurance) watch(ctx context.Context, part time.Duration) error {
	for range parts {
		var steps int64
		wal, err := e.world.wal(ctx, func() error {
			before, start := e.work.answered.Load(), time.Now()
			pause(ctx, part)
			steps = e.work.answered.Load() - before
			e.rates = append(e.rates, perSecond(int(steps), start))
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		e.steps += steps
		e.wal = append(e.wal, wal/float64(steps))
		if err := e.measureSizes(ctx); err != nil {
			return err
		}
	}
	return nil
}

// measureSizes tells, in megabytes, how large our tables and indexes and the queues are.
func (e *endurance) measureSizes(ctx context.Context) error {
	var tables, indexes, queues float64
	err := e.world.pool.QueryRow(ctx, `SELECT sum(pg_table_size(oid)) FILTER (WHERE relnamespace = 'tasker'::regnamespace) / 1e6,
			sum(pg_indexes_size(oid)) FILTER (WHERE relnamespace = 'tasker'::regnamespace) / 1e6,
			sum(pg_total_relation_size(oid)) FILTER (WHERE relnamespace = 'pgmq'::regnamespace) / 1e6
		FROM pg_class WHERE relkind = 'r'`).Scan(&tables, &indexes, &queues)
	e.tables, e.indexes, e.queues = append(e.tables, tables), append(e.indexes, indexes), append(e.queues, queues)
	return err
}

// lines compares the last fifth of the time with the first; sizes are those at the end of each part.
func (e *endurance) lines() []line {
	first, last := e.rates[:parts/5], e.rates[parts-parts/5:]
	throughput := compared("/throughput", "steps/s", last, "the first fifth", first)
	throughput.Spread = spread(e.rates)
	size := func(name string, values []float64) line {
		l := measured(name, "MB", values)
		l.Value = rounded(values[len(values)-1])
		return l
	}
	return []line{
		throughput,
		measured("/wal", "bytes/step", e.wal),
		size("/size/tables", e.tables), size("/size/indexes", e.indexes), size("/size/queues", e.queues),
		{Figure: "/steps", Value: float64(e.steps), Unit: "steps", N: 1},
	}
}
