package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// bareChain is what a chain takes where nobody decides anything: four times a message to a worker and its answer back, by our pgmq's
// functions and NOTIFY, one statement and one commit each time that somebody has the word. Client and orchestrator are one.
func (b *bench) bareChain(ctx context.Context, chains int) (took []float64, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		if _, err := newFloor(ctx, w.pool); err != nil {
			return err
		}
		took, err = w.bareChain(ctx, chains)
		return err
	})
	return took, err
}

func (w *world) bareChain(ctx context.Context, chains int) (took []float64, err error) {
	g := newGroup(ctx)
	ready := make(chan struct{})
	g.run("a bare worker", func(ctx context.Context) error { return answerBarely(ctx, w.url, ready) })
	<-ready
	conn, err := listen(ctx, w.url, "bare.results")
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	for i := range chains + 20 {
		start := time.Now()
		if err := chainBarely(g.ctx, conn, len(linear4.steps)); err != nil {
			g.cancel(err)
			break
		}
		if i >= 20 { // the first ones fill caches and plans
			took = append(took, milliseconds(time.Since(start)))
		}
	}
	return took, g.stop()
}

const (
	sendBarely = `SELECT pgmq.send('floor_steps', '{"step_id": 1}'::jsonb), pg_notify('bare.steps', '')`
	goOnBarely = `SELECT pgmq.delete('floor_results', msg_id), pgmq.send('floor_steps', message), pg_notify('bare.steps', '')
		FROM pgmq.read('floor_results', 30, 1)`
	endBarely  = `SELECT pgmq.delete('floor_results', msg_id) FROM pgmq.read('floor_results', 30, 1)`
	readBarely = `SELECT msg_id FROM pgmq.read('floor_steps', 30, 1)`
	replyBare  = `SELECT pgmq.send('floor_results', '{"step_id": 1}'::jsonb), pgmq.delete('floor_steps', $1::bigint), pg_notify('bare.results', '')`
)

// chainBarely sends a message and goes on with every answer, so many times.
func chainBarely(ctx context.Context, conn *pgx.Conn, hops int) error {
	if _, err := conn.Exec(ctx, sendBarely); err != nil {
		return err
	}
	for hop := 1; hop <= hops; hop++ {
		if err := hear(ctx, conn); err != nil {
			return err
		}
		next := goOnBarely
		if hop == hops {
			next = endBarely
		}
		if _, err := conn.Exec(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// answerBarely answers whatever comes, until ctx ends.
func answerBarely(ctx context.Context, url string, ready chan struct{}) error {
	conn, err := listen(ctx, url, "bare.steps")
	close(ready)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	for ctx.Err() == nil {
		var id int64
		err := conn.QueryRow(ctx, readBarely).Scan(&id)
		switch {
		case err == nil:
			_, err = conn.Exec(ctx, replyBare, id)
		case errors.Is(err, pgx.ErrNoRows):
			err = hear(ctx, conn)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}
