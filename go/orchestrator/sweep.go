package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// sweepQuantity is how many steps a sweep notices, sends again or ends in one transaction.
const sweepQuantity = 1000

// Sweep is one pass of recovery, now: missing queues are made again, steps that lost their message are noticed and, one
// lease later, sent again, and steps that cost too many workers are ended. Ticks do it by themselves at the sweep
// interval.
func (o *Orchestrator) Sweep(ctx context.Context) (Report, error) {
	o.ticking.Lock()
	defer o.ticking.Unlock()
	var r Report
	return r, o.do(ctx, "sweep", o.sweep, &r)
}

// sweep makes queues again, and then looks after each namespace in a transaction of its own: what is too much in one, or
// refused there, keeps no other from its recovery.
func (o *Orchestrator) sweep(ctx context.Context, r *Report) error {
	o.sweepAt = time.Now().Add(jittered(o.config.SweepInterval))
	var namespaces []int32
	err := o.counting(ctx, r, func(ctx context.Context, tx pgx.Tx, done *Report) (err error) {
		if err = o.sweepIn(ctx, tx, []int32{}, sweepQuantity, done); err == nil {
			namespaces, err = collect[int32](ctx, tx, `SELECT tasker.swept_namespaces()`)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	var failures []error
	suspected := r.Suspected
	for _, id := range namespaces {
		if err := o.sweepNamespace(ctx, id, r); err != nil {
			failures = append(failures, fmt.Errorf("sweep namespace %d: %w", id, err))
			if isPassing(err) {
				break
			}
		}
	}
	if again := time.Now().Add(o.config.Lease); r.Suspected > suspected && again.Before(o.sweepAt) {
		o.sweepAt = again // for the second look
	}
	if r.full {
		o.sweepAt = time.Time{}
	}
	return errors.Join(failures...)
}

// sweepNamespace looks after one namespace. What was too much is tried again with half as many, until everything there is
// done; one step that is too much alone comes after the others, at the next sweep.
func (o *Orchestrator) sweepNamespace(ctx context.Context, id int32, r *Report) error {
	b := o.sweeps[id]
	if b == nil {
		b = &batch{full: sweepQuantity}
	}
	full := false
	err := o.counting(ctx, r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		err := o.sweepIn(ctx, tx, []int32{id}, b.limit(), done)
		full = max(done.Suspected, done.Resent, done.Lost) >= b.limit()
		done.full = full
		return err
	})
	switch {
	case err == nil && !full:
		delete(o.sweeps, id)
	case err == nil || !isTooMuch(err):
	case b.limit() > 1:
		b.halve(0)
		o.sweeps[id] = b
		r.full = true
	default:
		return errors.Join(err, o.suspectLater(ctx, id))
	}
	return err
}

func (o *Orchestrator) sweepIn(ctx context.Context, tx pgx.Tx, only []int32, quantity int, done *Report) error {
	return tx.QueryRow(ctx, `SELECT suspected, resent, lost, recreated FROM tasker.sweep($1, $2, $3, $4)`,
		int(o.config.Lease.Seconds()), quantity, o.config.Actor, only).
		Scan(&done.Suspected, &done.Resent, &done.Lost, &done.Recreated)
}

// suspectLater puts the suspect that the second look begins with behind the others.
func (o *Orchestrator) suspectLater(ctx context.Context, id int32) error {
	return o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE tasker.suspects SET since = clock_timestamp() WHERE step_id = (
			SELECT step_id FROM tasker.suspects WHERE namespace_id = $1 ORDER BY since LIMIT 1)`, id)
		return err
	})
}

// isSweepDue says so at the first tick and then at the sweep interval.
func (o *Orchestrator) isSweepDue() bool { return !time.Now().Before(o.sweepAt) }

// isQueueMissing says whether the table of a queue is gone: the sweep makes it again.
func isQueueMissing(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && pg.Code == "42P01" && strings.Contains(pg.Message, "pgmq.")
}

// jittered keeps many orchestrators from sweeping at the same moment.
func jittered(interval time.Duration) time.Duration {
	return interval*3/4 + rand.N(interval/2)
}
