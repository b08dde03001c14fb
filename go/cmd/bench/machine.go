package main

import (
	"context"
	"time"
)

// machineFigures: what the machine itself takes for the smallest things, to read the latencies by.
func machineFigures() []figure {
	return []figure{
		{"machine/round_trip", false, func(ctx context.Context, b *bench) ([]line, error) { return b.repeated(ctx, `SELECT 1`) }},
		{"machine/commit", true, func(ctx context.Context, b *bench) ([]line, error) {
			return b.repeated(ctx, `INSERT INTO tasker.dead_letters (queue_name, msg_id, read_ct, enqueued_at, reason) VALUES ('none', 1, 1, now(), '')`)
		}},
	}
}

func (b *bench) repeated(ctx context.Context, sql string) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		took, err := w.time(ctx, 1000, sql)
		lines = []line{measured("", "ms", took)}
		return err
	})
	return lines, err
}

// time gives what a statement takes each time, in milliseconds, after some times that fill caches.
func (w *world) time(ctx context.Context, times int, sql string, arguments ...any) (took []float64, err error) {
	for i := range times + 10 {
		start := time.Now()
		if _, err := w.pool.Exec(ctx, sql, arguments...); err != nil {
			return nil, err
		}
		if i >= 10 {
			took = append(took, milliseconds(time.Since(start)))
		}
	}
	return took, nil
}
