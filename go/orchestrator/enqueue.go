package orchestrator

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// enqueue hands out what is ready and was not handed out yet: retries that are due, and what a window held back. It
// also looks when the next retry will be due.
func (o *Orchestrator) enqueue(ctx context.Context, r *Report) error {
	err := o.counting(ctx, r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		if err := o.enqueueIn(ctx, tx, nil, done); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT tasker.next_due()`).Scan(&done.NextDue)
	})
	if err != nil {
		o.handOut.halve()
		return fmt.Errorf("enqueue ready steps: %w", err)
	}
	o.handOut.grow()
	return nil
}

// enqueueAlong hands out what results of other steps have freed, in their transaction. When that fails, the results
// stand all the same: they are not to blame, and enqueue tries by itself, in smaller portions.
func (o *Orchestrator) enqueueAlong(ctx context.Context, tx pgx.Tx, namespaces []int32, done *Report) error {
	err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		var enqueued Report
		if err := o.enqueueIn(ctx, savepoint, namespaces, &enqueued); err != nil {
			return err
		}
		done.add(enqueued)
		return nil
	})
	if err != nil {
		o.config.Log("warn", "hand-out failed", map[string]any{"error": err.Error()})
		o.handOut.halve()
	}
	return ctx.Err()
}

// enqueueIn hands out ready steps of some namespaces, or of all of them, as far as their windows have room.
func (o *Orchestrator) enqueueIn(ctx context.Context, tx pgx.Tx, namespaces []int32, done *Report) error {
	var enqueued, contended int
	err := tx.QueryRow(ctx, `SELECT enqueued, contended FROM tasker.enqueue_ready($1, $2, $3)`,
		o.handOut.limit(), o.config.Actor, namespaces).Scan(&enqueued, &contended)
	done.Enqueued += enqueued
	done.Contended += contended
	return err
}

// enqueueFactor is how many steps may go out for each message of a batch: a result may free several.
const enqueueFactor = 10
