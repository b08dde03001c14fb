package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// crowdFigures: whether many workers, each on a connection of its own, get less done than few.
func crowdFigures() []figure {
	return []figure{{"contention/workers256_vs_16", false, (*bench).crowd}}
}

const (
	crowdBatch = 10
	crowdSteps = 10_000
	crowdPause = 50 * time.Millisecond // of a worker that found nothing
)

func (b *bench) crowd(ctx context.Context) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		if err := w.unbound(ctx, namespace); err != nil {
			return err
		}
		stop, err := w.start(ctx)
		if err != nil {
			return err
		}
		defer stop()
		var rates [2][]float64
		for round := range b.rounds + 1 {
			for turn := range 2 {
				side := (round + turn) % 2 // who begins changes
				rate, err := w.crowded(ctx, []int{256, 16}[side])
				if err != nil {
					return err
				}
				if err := w.rest(ctx); err != nil {
					return err
				}
				if round > 0 {
					rates[side] = append(rates[side], rate)
				}
			}
		}
		lines = []line{compared("", "steps/s", rates[0], "16 workers", rates[1]).meant(ratioAtLeast, 1)}
		return nil
	})
	return lines, err
}

// unbound lets a namespace hand out all it has: the figure is about the queue, not about the window.
func (w *world) unbound(ctx context.Context, namespace string) error {
	_, err := w.pool.Exec(ctx, `UPDATE tasker.namespaces SET dispatch_window = 1000000 WHERE name = $1`, namespace)
	return err
}

// crowded gives how many steps a second so many workers answer that find them all on their queue.
func (w *world) crowded(ctx context.Context, workers int) (float64, error) {
	if err := w.create(ctx, namespace, flat500, crowdSteps/len(flat500.steps)); err != nil {
		return 0, err
	}
	conns := make([]*pgxpool.Conn, workers)
	for i := range conns {
		conn, err := w.pool.Acquire(ctx)
		if err != nil {
			return 0, err
		}
		defer conn.Release()
		conns[i] = conn
	}
	work := worker{namespace: namespace, batch: crowdBatch}
	start := time.Now()
	g := newGroup(ctx)
	for _, conn := range conns {
		g.run("a worker of the crowd", func(ctx context.Context) error {
			for work.answered.Load() < crowdSteps && ctx.Err() == nil {
				n, err := work.announced(ctx, conn, conn)
				if err != nil {
					return err
				}
				if n == 0 {
					pause(ctx, crowdPause)
				}
			}
			return nil
		})
	}
	err := g.wait()
	return perSecond(crowdSteps, start), err
}

// rest waits until every task is at rest.
func (w *world) rest(ctx context.Context) error {
	for {
		open, err := w.number(ctx, `SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL`)
		if err != nil || open == 0 {
			return err
		}
		pause(ctx, crowdPause)
	}
}
