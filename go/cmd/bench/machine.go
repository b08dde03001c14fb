package main

import (
	"context"
	"runtime"
	"time"
)

// machineFigures: where all this was measured, and what the smallest things take there, to read the latencies by.
func machineFigures() []figure {
	return []figure{
		{"machine", false, (*bench).machine},
		{"machine/round_trip", false, repeated(`SELECT 1`)},
		{"machine/commit", true, repeated(`INSERT INTO small VALUES (1)`)},
	}
}

func (b *bench) machine(ctx context.Context) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		version, err := w.number(ctx, `SELECT (n / 10000 + n % 10000 / 100.0)::float8 FROM (SELECT current_setting('server_version_num')::integer AS n) v`)
		lines = []line{
			{Figure: "/cores", Value: float64(runtime.NumCPU()), Unit: "cores", N: 1},
			{Figure: "/postgresql", Value: version, Unit: "its version", N: 1},
		}
		return err
	})
	return lines, err
}

func repeated(sql string) func(b *bench, ctx context.Context) ([]line, error) {
	return func(b *bench, ctx context.Context) (lines []line, err error) {
		err = b.withWorld(ctx, func(w *world) error {
			if err := w.script(ctx, `CREATE TABLE small (number integer)`); err != nil {
				return err
			}
			took, err := w.time(ctx, 1000, sql)
			lines = []line{measured("", "ms", took)}
			return err
		})
		return lines, err
	}
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
