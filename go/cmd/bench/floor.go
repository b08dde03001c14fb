package main

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// floor is bare pgmq: two queues, and nobody who thinks about what lies on them.
type floor struct {
	pool *pgxpool.Pool
}

// withFloors runs f with our pgmq's functions in a world and, where there is one, the real pgmq's in a database of its own.
func (b *bench) withFloors(ctx context.Context, w *world, f func(own floor, real *floor) error) error {
	own, err := newFloor(ctx, w.pool)
	if err != nil {
		return err
	}
	if b.script == "" {
		return f(own, nil)
	}
	return withDatabase(ctx, b.server, runScript(b.script), func(url string) error {
		pool, err := openPool(ctx, url, nil)
		if err != nil {
			return err
		}
		defer pool.Close()
		real, err := newFloor(ctx, pool)
		if err != nil {
			return err
		}
		return f(own, &real)
	})
}

func newFloor(ctx context.Context, pool *pgxpool.Pool) (floor, error) {
	_, err := pool.Exec(ctx, `SELECT pgmq.create('floor_steps'), pgmq.create('floor_results')`)
	return floor{pool}, err
}

const (
	sendBatch   = `SELECT count(*) FROM pgmq.send_batch($1, $2::text[]::jsonb[])`
	readBatch   = `SELECT msg_id, message FROM pgmq.read($1, 30, $2)`
	deleteBatch = `SELECT count(*) FROM pgmq.delete($1, $2::bigint[])`
)

// hops sends, reads and deletes as many step messages and as many results as there are steps, by so many clients at once,
// and gives pairs of them a second.
func (f floor) hops(ctx context.Context, sample answer, steps, batch, clients int) (float64, error) {
	start := time.Now()
	g := newGroup(ctx)
	for range clients {
		g.run("a client of the floor", func(ctx context.Context) error {
			for range steps / batch / clients {
				if err := f.hop(ctx, "floor_steps", string(sample.body), batch); err != nil {
					return err
				}
				if err := f.hop(ctx, "floor_results", string(sample.Result), batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.wait()
	return perSecond(steps/batch/clients*batch*clients, start), err
}

func (f floor) hop(ctx context.Context, name, body string, batch int) error {
	if _, err := f.pool.Exec(ctx, sendBatch, name, slices.Repeat([]string{body}, batch)); err != nil {
		return err
	}
	ids, err := messageIDs(ctx, f.pool, readBatch, name, batch)
	if err != nil {
		return err
	}
	_, err = f.pool.Exec(ctx, deleteBatch, name, ids)
	return err
}
