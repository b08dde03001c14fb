package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// pressureFigures: what is left of the throughput at half load while somebody holds an old snapshot, and how long it takes
// to be over it.
func pressureFigures() []figure {
	return []figure{
		{"old_snapshot/idle_in_transaction", false, pressure(1, idle)},
		{"old_snapshot/long_readers4", false, pressure(4, read)},
	}
}

const (
	saturated = 500 // tasks in flight
	parts     = 10  // of the time that a snapshot is held
)

// pressure finds out what the machine can do, asks for half of that, and holds snapshots meanwhile, by f in so many sessions.
func pressure(sessions int, f func(ctx context.Context, tx pgx.Tx) error) func(b *bench, ctx context.Context) ([]line, error) {
	return func(b *bench, ctx context.Context) (lines []line, err error) {
		err = b.withWorld(ctx, func(w *world) error {
			work := &worker{namespace: namespace, batch: 100}
			return w.running(ctx, []*worker{work}, func(ctx context.Context) error {
				most, err := w.saturation(ctx, work, b.long/parts)
				if err != nil {
					return err
				}
				p := pouring{world: w, work: work, rate: most / 2}
				load := newGroup(ctx)
				load.run("the load", p.pour)
				pause(load.ctx, b.long/parts) // comes to its pace
				lines, err = p.under(load.ctx, b.long/parts, func(g *group) {
					for range sessions {
						g.run("an old snapshot", func(ctx context.Context) error { return w.hold(ctx, f) })
					}
				})
				return errors.Join(err, load.stop())
			})
		})
		return lines, err
	}
}

// under measures before, while something is held, and how long it takes to be over it.
func (p *pouring) under(ctx context.Context, part time.Duration, hold func(g *group)) ([]line, error) {
	before, usual := p.answers(ctx, part), p.lag()
	held := newGroup(ctx)
	hold(held)
	var under []float64
	for range parts {
		under = append(under, p.answers(held.ctx, part))
	}
	if err := held.stop(); err != nil {
		return nil, err
	}
	return underPressure(before, under, p.recovery(ctx, usual)), nil
}

// underPressure judges the last part, in which the snapshot is oldest.
func underPressure(before float64, under []float64, recovery time.Duration) []line {
	l := compared("", "steps/s", under[parts-1:], "without, the same load", []float64{before})
	l.N, l.Spread = parts, nil
	for _, rate := range under {
		l.Spread = append(l.Spread, rounded(rate/before))
	}
	r := line{Figure: "/recovery", Value: recovery.Round(time.Millisecond).Seconds(), Unit: "s", N: 1}
	return []line{l.meant(ratioAtLeast, 0.8), r.meant(valueAtMost, 60)}
}

// saturation gives how many steps a second are answered when tasks are never wanting.
func (w *world) saturation(ctx context.Context, work *worker, d time.Duration) (float64, error) {
	c, err := w.newClient(ctx, namespace, linear4)
	if err != nil {
		return 0, err
	}
	defer c.close()
	before, start := work.answered.Load(), time.Now()
	_, err = c.keep(ctx, saturated, 1<<30, func() bool { return time.Since(start) > d })
	return perSecond(int(work.answered.Load()-before), start), err
}

// pouring asks for tasks at a rate, whatever becomes of them.
type pouring struct {
	world *world
	work  *worker
	rate  float64 // steps a second
	asked atomic.Int64
	base  int64 // answered before
}

func (p *pouring) pour(ctx context.Context) error {
	start := time.Now()
	p.base = p.work.answered.Load()
	for ctx.Err() == nil {
		due := int64(time.Since(start).Seconds()*p.rate) - p.asked.Load()
		tasks := int(due) / len(linear4.steps)
		if tasks > 0 {
			if err := p.world.create(ctx, namespace, linear4, tasks); err != nil {
				return err
			}
			p.asked.Add(int64(tasks * len(linear4.steps)))
		}
		pause(ctx, 20*time.Millisecond)
	}
	return nil
}

// answers gives steps a second over the next while.
func (p *pouring) answers(ctx context.Context, d time.Duration) float64 {
	before, start := p.work.answered.Load(), time.Now()
	pause(ctx, d)
	return perSecond(int(p.work.answered.Load()-before), start)
}

// lag is how many steps were asked for and not answered yet.
func (p *pouring) lag() int64 { return p.asked.Load() - (p.work.answered.Load() - p.base) }

// recovery waits until no more steps lag behind than usual, or in half a second, and gives how long that took.
func (p *pouring) recovery(ctx context.Context, usual int64) time.Duration {
	start := time.Now()
	for p.lag() > max(usual, int64(p.rate/2)) && ctx.Err() == nil && time.Since(start) < 5*time.Minute {
		pause(ctx, 50*time.Millisecond)
	}
	return time.Since(start)
}

// hold opens a transaction that sees the database as it is now, and does f in it until ctx ends.
func (w *world) hold(ctx context.Context, f func(ctx context.Context, tx pgx.Tx) error) error {
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return err
	}
	if _, err = tx.Exec(ctx, `SELECT count(*) FROM pg_class`); err == nil {
		err = f(ctx, tx)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func idle(ctx context.Context, _ pgx.Tx) error {
	<-ctx.Done()
	return nil
}

// read reads all steps, over and over.
func read(ctx context.Context, tx pgx.Tx) error {
	for {
		if _, err := tx.Exec(ctx, `SELECT state, count(*), avg(completed_at - enqueued_at) FROM tasker.steps GROUP BY state`); err != nil {
			return err
		}
	}
}
