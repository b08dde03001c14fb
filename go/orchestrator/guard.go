package orchestrator

import (
	"context"
	"errors"
	"math/bits"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/safego"
)

// A tick that dies with its process leaves no trace of what it held: the transaction is gone, the message is there again
// and kills the next one. So a pass that has reason to fear works guarded: it first commits a lease on what it is going
// to open, and what does not come to a good end has been counted. The oftener a message was there, the smaller the batch
// it travels in; one that failed often enough alone goes to the dead letters unopened.
//
// Where there is evidence against a message, the lease is long, so that what comes behind is worked meanwhile. A first
// one, taken only because nobody knows how the process before ended, is short: who is killed then, which is most likely
// not the message's doing, must not keep it from the others. Either need only last until the pass has locked its
// messages; one that somebody else leased in between is his.

const (
	guardLease  = 10 * time.Second       // of what was leased before, or made a pass fail: longer than a transaction may take
	firstLease  = 250 * time.Millisecond // of what nothing speaks against
	guardWindow = 10 * time.Second       // after Run begins: nobody knows how the one before ended
	loneChances = 3                      // how often a message fails alone, after the halving, before it is given up
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
		heads, err := queue.Take(ctx, tx, name, b.from, b.limit())
		if err != nil || len(heads) == 0 {
			return err
		}
		if heads[0].ReadCount >= bits.Len(uint(b.full))+loneChances { //nolint:gosec // a size is not negative
			return o.refuse(ctx, tx, name, heads[0].ID, errDeadly, done)
		}
		together := b.together(heads)
		b.last = together[len(together)-1].ID
		l, err = queue.Hide(ctx, tx, name, idsOf(together), b.leaseOf(together))
		return err
	})
	return l, err
}

// together gives the first messages that may travel in one batch.
func (b *batch) together(heads []queue.Taken) []queue.Taken {
	worst := 0
	for i, head := range heads {
		worst = max(worst, head.ReadCount)
		if i > 0 && i >= b.full>>worst {
			return heads[:i]
		}
	}
	return heads
}

// leaseOf says for how long these messages are leased.
func (b *batch) leaseOf(heads []queue.Taken) time.Duration {
	if b.guarded || slices.ContainsFunc(heads, queue.Taken.ReadBefore) {
		return guardLease
	}
	return firstLease
}

func idsOf(heads []queue.Taken) []int64 {
	ids := make([]int64, len(heads))
	for i, head := range heads {
		ids[i] = head.ID
	}
	return ids
}

// takeUnread takes messages for a pass that is not guarded, if none of them gives reason to fear.
func (b *batch) takeUnread(ctx context.Context, tx pgx.Tx, name string) ([]queue.Message, error) {
	messages, err := queue.TakeOpen(ctx, tx, name, b.from, b.limit())
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	if slices.ContainsFunc(messages, func(m queue.Message) bool { return m.ReadCount > 0 }) {
		return nil, errReadBefore
	}
	b.last = messages[len(messages)-1].ID
	return messages, nil
}

// owes says whether something has to be given back.
func (b *batch) owes() bool { return len(b.owed.IDs) > 0 }

// giveBack ends a lease after a failure of which its messages are innocent. While that fails too, because the database is
// away, the batch owes it.
func (o *Orchestrator) giveBack(ctx context.Context, name string, b *batch) error {
	if !b.owes() {
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

// innocent are the classes of errors that no message can cause: connections, plans and prepared statements that do not
// outlive a migrate or a pooler, transactions, privileges, objects that are not there, locks, resources, and what an
// administrator does.
var innocent = []string{"08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"}

// isUnexplained says whether nobody knows why a pass failed, so that a message may be to blame and may do worse the next
// time: a panic, or an error of the server that is neither about data nor about the server itself.
func isUnexplained(err error) bool {
	if crash := (safego.Crash{}); errors.As(err, &crash) {
		return true
	}
	return sqlstate(err) != "" && !isDataError(err) && !isSchema(err) && !ofClass(err, innocent...)
}
