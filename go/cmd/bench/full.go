package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// fullFigures: what a tick costs in a database in which very many tasks are finished and many wait, beside an empty one,
// with statistics as they should be, of early days, and none at all.
func fullFigures() []figure {
	return []figure{{"full_database", false, (*bench).full}}
}

// held is the namespace whose steps are ready and held back behind its window.
const held = "held"

// standings are what is known of the tables, in the order in which each is made of the one before.
var standings = []struct{ name, sql string }{
	{"stale", `SELECT`},
	{"missing", `DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'tasker'::regnamespace);
		UPDATE pg_class SET reltuples = -1 WHERE relnamespace = 'tasker'::regnamespace AND relkind = 'r'`},
	{"fresh", `ANALYZE`},
}

func (b *bench) full(ctx context.Context) (lines []line, err error) {
	err = b.withWorld(ctx, func(empty *world) error {
		return b.withWorld(ctx, func(full *world) error {
			if err := full.fill(ctx, b.finished, b.waiting); err != nil {
				return fmt.Errorf("fill the database: %w", err)
			}
			for _, s := range standings {
				if err := full.script(ctx, s.sql); err != nil {
					return fmt.Errorf("make statistics %s: %w", s.name, err)
				}
				some, err := b.tickCosts(ctx, "/statistics_"+s.name, empty, full)
				if err != nil {
					return err
				}
				lines = append(lines, some...)
			}
			return nil
		})
	})
	return lines, err
}

// script runs statements without parameters.
func (w *world) script(ctx context.Context, sql string) error { return runScript(sql)(ctx, w.url) }

// fill makes finished and waiting tasks by the doors that users have, in a pause, and then sets the states that time would
// bring. Statistics are gathered before; nobody gathers them again by himself.
func (w *world) fill(ctx context.Context, finished, waiting int) error {
	for _, some := range []func() error{
		func() error { return w.register(ctx, held) },
		func() error { return w.settle(ctx, 10) },
		func() error { return w.script(ctx, unattended+`ANALYZE`) },
		func() error { return w.settle(ctx, finished) },
		func() error { return w.waitForRetry(ctx, waiting/2) },
		func() error { return w.holdBack(ctx, waiting-waiting/2) },
		func() error { return w.script(ctx, `VACUUM`) },
	} {
		if err := some(); err != nil {
			return err
		}
	}
	return nil
}

const unattended = `DO $$ DECLARE t regclass; BEGIN
	FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'tasker'::regnamespace
	LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', t); END LOOP; END $$;`

// inPause runs f while nothing of the namespace goes out, and then a script.
func (w *world) inPause(ctx context.Context, f func() error, sql string) error {
	if _, err := w.pool.Exec(ctx, `SELECT tasker.pause_namespace($1, 'bench')`, namespace); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	if err := w.script(ctx, sql); err != nil {
		return err
	}
	_, err := w.pool.Exec(ctx, `SELECT tasker.resume_namespace($1, 'bench')`, namespace)
	return err
}

func (w *world) settle(ctx context.Context, tasks int) error {
	return w.inPause(ctx, func() error { return w.createByTwo(ctx, tasks) }, `
		UPDATE tasker.steps SET state = 'complete', unmet_dependencies = 0, attempt = 1, results = '{"result": 36}',
			enqueued_at = now(), started_at = now(), completed_at = now() WHERE state = 'pending';
		UPDATE tasker.tasks SET state = 'complete', completed_at = now() WHERE state = 'pending'`)
}

func (w *world) waitForRetry(ctx context.Context, tasks int) error {
	return w.inPause(ctx, func() error { return w.createByTwo(ctx, tasks) }, `
		UPDATE tasker.steps SET state = 'waiting_for_retry', attempt = 1, failures = 1, due_at = now() + interval '1 day'
			WHERE state = 'pending' AND unmet_dependencies = 0;
		UPDATE tasker.tasks SET state = 'in_progress' WHERE state = 'pending'`)
}

func (w *world) createByTwo(ctx context.Context, tasks int) error {
	g := newGroup(ctx)
	for _, some := range []int{tasks / 2, tasks - tasks/2} {
		g.run("a client that fills", func(ctx context.Context) error { return w.create(ctx, namespace, linear4, some) })
	}
	return g.wait()
}

// holdBack makes tasks whose first steps are ready, of which the window lets out one that nobody works on.
func (w *world) holdBack(ctx context.Context, tasks int) error {
	if _, err := w.pool.Exec(ctx, `UPDATE tasker.namespaces SET dispatch_window = 1 WHERE name = $1`, held); err != nil {
		return err
	}
	if err := w.create(ctx, held, single, 1); err != nil {
		return err
	}
	return w.create(ctx, held, linear4, tasks)
}

// tickCosts measures ticks that find something to do, and such that find nothing, on both worlds in turns.
func (b *bench) tickCosts(ctx context.Context, name string, empty, full *world) ([]line, error) {
	var busy, idle [2][]float64
	var crews [2]*crew
	for i, w := range []*world{full, empty} {
		c, err := w.crew(ctx, linear4, 100, 1, orchestrator.Config{})
		if err != nil {
			return nil, err
		}
		defer c.close()
		crews[i] = c
	}
	for round := range b.rounds + 1 {
		for turn := range crews {
			i := (round + turn) % 2 // who begins changes
			ms, err := crews[i].busyTick(ctx)
			if err != nil {
				return nil, err
			}
			rest, err := crews[i].idleTick(ctx)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				busy[i], idle[i] = append(busy[i], ms), append(idle[i], rest)
			}
		}
	}
	return []line{
		compared(name+"/busy", "ms/tick", busy[0], "an empty database", busy[1]).meant(ratioAtMost, 1.3),
		compared(name+"/idle", "ms/tick", idle[0], "an empty database", idle[1]),
	}, nil
}

// busyTick gives the mean of what a tick takes, in milliseconds, while some tasks are worked on.
func (c *crew) busyTick(ctx context.Context) (float64, error) {
	c.ticks, c.inTicks = 0, 0
	_, err := c.orchestrate(ctx, 500)
	return milliseconds(c.inTicks) / float64(c.ticks), err
}

// idleTick gives the median of what a tick takes that finds nothing to do.
func (c *crew) idleTick(ctx context.Context) (float64, error) {
	var took []float64
	for range 50 {
		start := time.Now()
		if _, err := c.all[0].Tick(ctx); err != nil {
			return 0, err
		}
		took = append(took, milliseconds(time.Since(start)))
	}
	return median(took), nil
}
