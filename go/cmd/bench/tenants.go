package main

import (
	"context"
	"time"
)

// tenantsFigures: what a tenant with few steps notices of one beside it that has very many ready ones.
func tenantsFigures() []figure {
	return []figure{{"tenants/small_beside_large", false, (*bench).tenants}}
}

const (
	large       = "large" // the namespace of the other tenant
	smallSteps  = 10      // that the small tenant has ready at a time
	smallSample = 500
)

func (b *bench) tenants(ctx context.Context) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		if err := w.register(ctx, large); err != nil {
			return err
		}
		if err := w.pile(ctx, b.waiting); err != nil {
			return err
		}
		replied := replies{at: map[int64]time.Time{}}
		other := &worker{namespace: large, batch: 100}
		return w.running(ctx, []*worker{{namespace: namespace, batch: 100, noted: replied.note}, other}, func(ctx context.Context) error {
			c, err := w.newClient(ctx, namespace, single)
			if err != nil {
				return err
			}
			defer c.close()
			if _, err := c.keep(ctx, smallSteps, smallSample/5, nil); err != nil { // warms up
				return err
			}
			idle, err := c.keep(ctx, smallSteps, smallSample, nil)
			if err != nil {
				return err
			}
			if _, err := w.pool.Exec(ctx, `SELECT tasker.resume_namespace($1, 'bench')`, large); err != nil {
				return err
			}
			beside, err := c.keep(ctx, smallSteps, smallSample, func() bool { return other.answered.Load() >= int64(b.waiting) })
			if err != nil {
				return err
			}
			lines = besideIdle(percentiles(beside, 0), percentiles(idle, 0))
			stages, err := w.stages(ctx, beside, &replied)
			lines = append(lines, stages...)
			return err
		})
	})
	return lines, err
}

// pile makes the large tenant's steps, which wait for nothing but the end of a pause.
func (w *world) pile(ctx context.Context, steps int) error {
	if _, err := w.pool.Exec(ctx, `SELECT tasker.pause_namespace($1, 'bench')`, large); err != nil {
		return err
	}
	return w.create(ctx, large, flat500, max(steps/len(flat500.steps), 1))
}

// besideIdle compares percentiles. The P95 is what is promised.
func besideIdle(beside, idle []line) []line {
	for i := range beside {
		l := &beside[i]
		l.Beside, l.Floor, l.Ratio = "the other tenant idle", idle[i].Value, rounded(l.Value/idle[i].Value)
		if l.Figure == "/p95" {
			*l = l.meant(ratioAtMost, 2)
		}
	}
	return beside
}
