package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// stepsFigures: orchestrated steps a second beside bare pgmq round trips a second. A step is two hops, step message and
// result, so its floor is two hops: send, read, delete, twice, by pgmq's own functions, in batches of the same size, with
// messages of the same content, by as many clients on connections as workers have. Beside one orchestrator there is another floor:
// the hops and the rows that a step cannot do without.
func stepsFigures() (all []figure) {
	for _, s := range []shape{linear4, diamond, tree8, mixed7, wide500, chain100} {
		for _, batch := range []int{1, 20, 100, 500} {
			for orchestrators := 1; orchestrators <= 2; orchestrators++ {
				if orchestrators == 2 && s.name != linear4.name && batch != 100 {
					continue
				}
				f := figure{name: fmt.Sprintf("steps_vs_floor/%s/batch%d", s.name, batch)}
				if orchestrators > 1 {
					f.name += fmt.Sprintf("/orchestrators%d", orchestrators)
				}
				f.quick = f.name == "steps_vs_floor/linear4/batch100"
				f.measure = func(b *bench, ctx context.Context) ([]line, error) {
					return b.stepsVersusFloor(ctx, s, batch, orchestrators)
				}
				all = append(all, f)
			}
		}
	}
	return all
}

func (b *bench) stepsVersusFloor(ctx context.Context, s shape, batch, orchestrators int) (lines []line, err error) {
	tasks := s.tasks(budget(batch), batch)
	err = b.withWorld(ctx, func(w *world) error {
		return b.withFloors(ctx, w, func(own floor, real *floor) error {
			c, err := w.crew(ctx, s, batch, orchestrators, orchestrator.Config{})
			if err != nil {
				return err
			}
			defer c.close()
			bare, err := newRows(ctx, own)
			if err != nil {
				return err
			}
			r, err := b.inTurns(ctx, c, tasks, bare, real)
			lines = r.lines()
			return err
		})
	})
	return lines, err
}

// budget is how many steps make a side of a round that lasts about a second.
func budget(batch int) int {
	if batch == 1 {
		return 600
	}
	return 6000
}

// rates are steps a second, of all rounds.
type rates struct{ steps, own, rows, real []float64 }

// lines gives the rates with the real pgmq as the floor, where there is one, and with ours as well.
func (r rates) lines() []line {
	own := compared("", "steps/s", r.steps, "hops by our pgmq", r.own)
	all := []line{own.meant(ratioAtLeast, 0.9)}
	if len(r.real) > 0 {
		own.Figure = "/own_pgmq"
		all = []line{compared("", "steps/s", r.steps, "hops by the real pgmq", r.real).meant(ratioAtLeast, 0.9), own}
	}
	if len(r.rows) > 0 {
		all = append(all, compared("/rows", "steps/s", r.steps, "hops by our pgmq and the rows of a step", r.rows))
	}
	return all
}

// inTurns measures each side in every round, after one that fills caches and plans. Who begins changes.
func (b *bench) inTurns(ctx context.Context, c *crew, tasks int, own rows, real *floor) (all rates, err error) {
	steps := tasks * len(c.shape.steps)
	for round := range b.rounds + 1 {
		var rate, ours, written, theirs float64
		turns := []func() error{
			func() (err error) { rate, err = c.orchestrate(ctx, tasks); return err },
			func() (err error) { ours, err = own.hops(ctx, c.sample(), steps, c.batch, len(c.all)); return err },
			func() (err error) {
				if len(c.all) == 1 {
					written, err = own.written(ctx, c.sample(), steps, c.batch)
				}
				return err
			},
			func() (err error) {
				if real != nil {
					theirs, err = real.hops(ctx, c.sample(), steps, c.batch, len(c.all))
				}
				return err
			},
		}
		for i := range turns {
			if err := turns[(i+round)%len(turns)](); err != nil {
				return all, err
			}
		}
		if round > 0 {
			all.steps, all.own = append(all.steps, rate), append(all.own, ours)
			if len(c.all) == 1 {
				all.rows = append(all.rows, written)
			}
			if real != nil {
				all.real = append(all.real, theirs)
			}
		}
	}
	return all, nil
}

// crew is some orchestrators that tick and as many plain workers, in turns: nobody waits, nobody polls.
type crew struct {
	world    *world
	shape    shape
	batch    int
	all      []*orchestrator.Orchestrator
	pool     *pgxpool.Pool // of the workers
	announce bool          // whether they announce what they start, or know nothing but pgmq
	samples  []answer      // of the newest run, one a batch
	ticks    int           // of the first of them so far
	inTicks  time.Duration // and what they took
}

// sample gives the message of median size: with what their steps wait for, some are much larger than others.
func (c *crew) sample() answer {
	slices.SortFunc(c.samples, func(a, b answer) int { return cmp.Compare(len(a.body), len(b.body)) })
	return c.samples[len(c.samples)/2]
}

func (w *world) crew(ctx context.Context, s shape, batch, orchestrators int, config orchestrator.Config) (*crew, error) {
	c := &crew{world: w, shape: s, batch: batch, pool: w.pool}
	config.BatchSize = batch
	for range orchestrators {
		o, err := w.open(ctx, config)
		if err != nil {
			c.close()
			return nil, err
		}
		c.all = append(c.all, o)
	}
	return c, nil
}

func (c *crew) close() {
	for _, o := range c.all {
		o.Close()
	}
}

// orchestrate creates tasks, outside the measured time, and finishes them. It gives steps a second.
func (c *crew) orchestrate(ctx context.Context, tasks int) (float64, error) {
	if err := c.world.create(ctx, namespace, c.shape, tasks); err != nil {
		return 0, err
	}
	start := time.Now()
	err := c.finish(ctx, tasks)
	return perSecond(tasks*len(c.shape.steps), start), err
}

// finish works and ticks in turn until so many tasks have come to rest.
func (c *crew) finish(ctx context.Context, tasks int) error {
	c.samples = nil
	var finished atomic.Int64
	g := newGroup(ctx)
	for i, o := range c.all {
		g.run("an orchestrator and its worker", func(ctx context.Context) error {
			for finished.Load() < int64(tasks) && ctx.Err() == nil {
				sample, err := c.work(ctx)
				if err != nil {
					return err
				}
				start := time.Now()
				report, err := o.Tick(ctx)
				if err != nil {
					return err
				}
				if i == 0 {
					c.note(sample, time.Since(start))
				}
				finished.Add(int64(report.Finished))
			}
			return nil
		})
	}
	return g.wait()
}

// note remembers what the first pair did in a turn.
func (c *crew) note(sample answer, ticked time.Duration) {
	c.ticks++
	c.inTicks += ticked
	if sample.body != nil {
		c.samples = append(c.samples, sample)
	}
}

func (c *crew) work(ctx context.Context) (sample answer, err error) {
	w := worker{namespace: namespace, batch: c.batch}
	if c.announce {
		_, err = w.announced(ctx, c.pool, c.pool)
		return sample, err
	}
	return w.plain(ctx, c.pool)
}
