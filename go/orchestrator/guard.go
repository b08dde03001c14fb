package orchestrator

import (
	"context"
	"errors"
	"math/bits"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/safego"
)

// A tick that dies with its process leaves no trace of what it held: the transaction is gone, the message is there again
// and kills the next one. So a pass that has reason to fear works guarded: it first commits a lease on what it is going
// to open, and what does not come to a good end has been counted. The oftener a message was there, the smaller the batch
// it travels in; one that failed often enough alone goes to the dead letters unopened.

const (
	guardLease  = 10 * time.Second // longer than a transaction may take
	guardWindow = 10 * time.Second // after Run begins: nobody knows how the one before ended
	loneChances = 3                // how often a message fails alone, after the halving, before it is given up
)

var (
	errReadBefore = errors.New("a message was leased before")
	errDeadly     = errors.New("unopened: whoever took it never came to a good end")
)

// isGuarded says whether there is reason to fear what lies on a queue.
func (o *Orchestrator) isGuarded(b *batch) bool {
	return b.guarded || time.Now().Before(o.guardedUntil)
}

// lease commits that the head of a queue is about to be opened. A message that was about to be opened too often is not.
func (o *Orchestrator) lease(ctx context.Context, name string, b *batch, r *Report) (l queue.Lease, err error) {
	err = o.counting(ctx, r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		heads, err := queue.Take(ctx, tx, name, b.limit())
		if err != nil || len(heads) == 0 {
			return err
		}
		if heads[0].ReadCount >= bits.Len(uint(b.full))+loneChances { //nolint:gosec // a size is not negative
			return o.refuse(ctx, tx, name, heads[0].ID, errDeadly, done)
		}
		l, err = queue.Hide(ctx, tx, name, b.together(heads), guardLease)
		return err
	})
	return l, err
}

// together gives the first messages that may travel in one batch.
func (b *batch) together(heads []queue.Taken) (ids []int64) {
	worst := 0
	for i, head := range heads {
		worst = max(worst, head.ReadCount)
		if i > 0 && i >= b.full>>worst {
			break
		}
		ids = append(ids, head.ID)
	}
	return ids
}

// takeUnread takes messages for a pass that is not guarded, if none of them gives reason to fear.
func takeUnread(ctx context.Context, tx pgx.Tx, name string, limit int) (ids []int64, err error) {
	heads, err := queue.Take(ctx, tx, name, limit)
	for _, head := range heads {
		if head.ReadCount > 0 {
			return nil, errReadBefore
		}
		ids = append(ids, head.ID)
	}
	return ids, err
}

// giveBack ends a lease after a failure of which its messages are innocent. While that fails too, because the database is
// away, the batch owes it.
func (o *Orchestrator) giveBack(ctx context.Context, name string, b *batch) error {
	if len(b.owed.IDs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := b.owed.GiveBack(ctx, o.pool, name)
	if err == nil {
		b.owed = queue.Lease{}
	}
	return err
}

// innocent are the classes of errors that no message can cause: connections, transactions, privileges, objects that are
// not there, locks, resources, and what an administrator does.
var innocent = []string{"08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"}

// isUnexplained says whether nobody knows why a pass failed, so that a message may be to blame and may do worse the next
// time: a panic, or an error of the server that is neither about data nor about the server itself.
func isUnexplained(err error) bool {
	if crash := (safego.Crash{}); errors.As(err, &crash) {
		return true
	}
	return sqlstate(err) != "" && !isDataError(err) && !isSchema(err) && !ofClass(err, innocent...)
}
