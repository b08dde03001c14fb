package orchestrator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// enqueue hands out what is ready and was not handed out yet: starts and retries that are due, and what a window held
// back. It also looks when the next one will be due. When all namespaces together fail, each is tried alone; when that goes
// well, it was none of them.
func (o *Orchestrator) enqueue(ctx context.Context, r *Report) error {
	r.looked = true
	together := o.counting(ctx, r, o.enqueueTogether)
	if together == nil {
		o.handOut.grow()
	} else {
		if isPassing(together) || isTooMuch(together) {
			o.handOut.halve(0)
		}
		if isPassing(together) {
			return fmt.Errorf("enqueue ready steps: %w", together)
		}
		if err := o.watchReady(ctx, together); err != nil {
			return fmt.Errorf("enqueue ready steps: %w", err)
		}
		soon := 0.0
		r.NextDue = &soon
	}
	failed, err := o.enqueueWatched(ctx, r)
	if err == nil && failed == 0 {
		err = together
	}
	if err != nil {
		return fmt.Errorf("enqueue ready steps: %w", err)
	}
	return nil
}

func (o *Orchestrator) enqueueTogether(ctx context.Context, tx pgx.Tx, done *Report) error {
	namespaces, err := o.unwatched(ctx, tx)
	if err != nil {
		return err
	}
	if err := o.enqueueIn(ctx, tx, namespaces, o.portion(), nil, done); err != nil {
		return err
	}
	return tx.QueryRow(ctx, `SELECT tasker.next_due()`).Scan(&done.NextDue)
}

// handOutFailed draws the conclusions from a hand-out that failed beside something else that stands.
func (o *Orchestrator) handOutFailed(namespaces []int32, cause error) {
	if isPassing(cause) {
		o.config.Log("warn", "hand-out failed", map[string]any{"error": cause.Error()})
		o.handOut.halve(0)
	} else {
		o.watch(namespaces, cause)
	}
}

// enqueueIn hands out at most limit ready steps of some namespaces, or of all of them, as far as their windows have room.
// Besides are steps that are not to go.
func (o *Orchestrator) enqueueIn(ctx context.Context, tx pgx.Tx, namespaces []int32, limit int, besides []int64, done *Report) error {
	var enqueued, contended int
	err := tx.QueryRow(ctx, `SELECT enqueued, contended FROM tasker.enqueue_ready($1, $2, $3, coalesce($4::bigint[], '{}'))`,
		limit, o.config.Actor, namespaces, besides).Scan(&enqueued, &contended)
	done.Enqueued += enqueued
	done.Contended += contended
	return err
}

const (
	// enqueueFactor is how many steps may go out for each message of a batch: a result may free several.
	enqueueFactor = 10
	// backlogAge is how long a result may have waited when nobody is behind: a few ticks.
	backlogAge = 50 * time.Millisecond
)

// portion is how much of what waits to be handed out may go in one tick: twice what one takes back, or, while results
// pile up, a quarter of it. Otherwise a namespace with very much to do would have its whole window answered before the first
// of it is applied, and whoever has little to do would stand behind that.
func (o *Orchestrator) portion() int {
	if o.behind {
		return min(max(o.config.BatchSize/4, 2), o.handOut.limit())
	}
	return min(2*o.config.BatchSize, o.handOut.limit())
}
