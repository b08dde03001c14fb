package main

import "context"

// readinessFigures: how long it takes to ask which steps of a large task may run, and why the others may not.
func readinessFigures() (all []figure) {
	for _, s := range []shape{steps1k, diamonds} {
		all = append(all, figure{"readiness/" + s.name, false,
			func(b *bench, ctx context.Context) ([]line, error) { return b.readiness(ctx, s) }})
	}
	return all
}

func (b *bench) readiness(ctx context.Context, s shape) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		if err := w.create(ctx, namespace, s, 1); err != nil {
			return err
		}
		took, err := w.time(ctx, 100, `SELECT count(*) FROM tasker.get_step_readiness_status((SELECT task_id FROM tasker.tasks))`)
		lines = []line{measured("", "ms", took).meant(valueAtMost, 10)}
		return err
	})
	return lines, err
}
