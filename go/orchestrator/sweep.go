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
	return r, o.do(ctx, stage{"sweep", o.sweep}, &r)
}

func (o *Orchestrator) sweep(ctx context.Context, r *Report) error {
	o.sweepAt = time.Now().Add(jittered(o.config.SweepInterval))
	var done Report
	err := o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT suspected, resent, lost, recreated FROM tasker.sweep($1, $2, $3)`,
			int(o.config.Lease.Seconds()), sweepQuantity, o.config.Actor).
			Scan(&done.Suspected, &done.Resent, &done.Lost, &done.Recreated)
	})
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if done.full = max(done.Suspected, done.Resent, done.Lost) >= sweepQuantity; done.full {
		o.sweepAt = time.Time{}
	} else if again := time.Now().Add(o.config.Lease); done.Suspected > 0 && again.Before(o.sweepAt) {
		o.sweepAt = again // for the second look
	}
	r.add(done)
	return nil
}

// sweepWhenDue sweeps at the first tick and then at the sweep interval.
func (o *Orchestrator) sweepWhenDue(ctx context.Context, r *Report) error {
	if time.Now().Before(o.sweepAt) {
		return nil
	}
	return o.sweep(ctx, r)
}

// isQueueMissing says whether the table of a queue is gone: the sweep makes it again.
func isQueueMissing(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && pg.Code == "42P01" && strings.Contains(pg.Message, "pgmq.")
}

// jittered keeps many orchestrators from sweeping at the same moment.
func jittered(interval time.Duration) time.Duration {
	return interval*3/4 + rand.N(interval/2)
}
