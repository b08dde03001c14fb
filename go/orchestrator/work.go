package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/safego"
)

// batch is how many messages a stage takes at a time: all it may, until data or time makes it fail; then half as many,
// down to the one that is to blame; then twice as many again with every success.
type batch struct {
	full, size int
	guarded    bool        // the newest pass failed and nobody knows why
	owed       queue.Lease // what could not be given back yet

	last    int64     // the newest message that was taken
	from    int64     // the lowest that is looked for
	wholeAt time.Time // when the whole queue was looked through
}

// What is dealt with lies on a queue until vacuum comes, which an old snapshot keeps away, and whoever begins at the front
// goes through all of it. So a queue is looked through from a little before the newest message that was taken: who
// commits late has a number near to it. Once in a while it is the whole queue's turn, for what was postponed or came back.
const (
	backlook   = 1000
	wholeEvery = time.Second
)

// aim says from which message on the queue is looked through until the next aim.
func (b *batch) aim(now time.Time) {
	b.from = max(b.last-backlook, 0)
	if now.Sub(b.wholeAt) >= wholeEvery {
		b.from, b.wholeAt = 0, now
	}
}

func (b *batch) limit() int {
	if b.size == 0 {
		b.size = b.full
	}
	return b.size
}

func (b *batch) grow() { b.size = min(2*b.limit(), b.full) }

// halve makes the next batch half of the one that failed: of what was taken, if it came to that.
func (b *batch) halve(taken int) {
	if taken == 0 {
		taken = b.limit()
	}
	b.size = max(taken/2, 1)
}

// longestPenance is how long a message waits at most after it took more time or memory, alone, than there is. It may not
// be to blame, so it is tried again, but it must not keep everything behind it waiting.
const longestPenance = 10 * time.Second

// pass is one transaction's work over the head of a queue: it takes at most limit messages, deals with every one of
// them and counts what it did.
type pass func(ctx context.Context, tx pgx.Tx, messages []queue.Message, done *Report) error

// work runs one pass over a queue. When the data makes it fail, it runs again with half the messages, until the bad
// one stands alone; that one goes to the dead letters with the reason, and the others never notice.
func (o *Orchestrator) work(ctx context.Context, name string, b *batch, r *Report, p pass) error {
	for {
		taken, err := o.attempt(ctx, name, b, r, p)
		switch {
		case err == nil:
			b.grow()
			b.guarded = false
			return nil
		case errors.Is(err, errReadBefore), len(taken) == 0 && !o.isGuarded(b) && (isDataError(err) || isTooMuch(err)):
			b.guarded = true // which one it is shows when they are leased first
		case isDataError(err) && len(taken) > 1:
			b.halve(len(taken))
		case isDataError(err) && len(taken) == 1:
			return o.bury(ctx, name, taken[0], err, r)
		default:
			if isTooMuch(err) {
				b.halve(len(taken))
				err = errors.Join(err, o.letOthersPass(ctx, name, taken, r))
			}
			b.guarded = b.guarded || isUnexplained(err)
			return fmt.Errorf("work on queue %q: %w", name, err)
		}
	}
}

// attempt runs one pass over the head of a queue: over what its transaction takes, or, guarded, over what it has leased.
func (o *Orchestrator) attempt(ctx context.Context, name string, b *batch, r *Report, p pass) (taken []int64, err error) {
	if err := o.giveBack(ctx, name, b); err != nil {
		return nil, err
	}
	if !o.isGuarded(b) {
		return o.open(ctx, name, b, r, p, func(ctx context.Context, tx pgx.Tx) ([]queue.Message, error) {
			return b.takeUnread(ctx, tx, name)
		})
	}
	l, err := o.lease(ctx, name, b, r)
	if err != nil || len(l.IDs) == 0 {
		return nil, err
	}
	_, err = o.open(ctx, name, b, r, p, func(ctx context.Context, tx pgx.Tx) ([]queue.Message, error) {
		ids, err := l.Retake(ctx, tx, name)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		return queue.Open(ctx, tx, name, ids)
	})
	if err != nil && !isUnexplained(err) {
		b.owed = l
		_ = o.giveBack(ctx, name, b) //nolint:errcheck // the next pass begins with it
	}
	return l.IDs, err
}

// open is the transaction of a pass: it takes messages, looks into them and deals with them. Those that could not be looked
// into are not among what it says it has taken.
func (o *Orchestrator) open(ctx context.Context, name string, b *batch, r *Report, p pass,
	take func(context.Context, pgx.Tx) ([]queue.Message, error)) (taken []int64, err error) {
	err = o.counting(ctx, r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		messages, err := take(ctx, tx)
		if err != nil || len(messages) == 0 {
			return err
		}
		for _, m := range messages {
			taken = append(taken, m.ID)
		}
		done.full = len(taken) == b.full
		return safego.Try("work on queue "+name, func() error { return p(ctx, tx, messages, done) })
	})
	return taken, err
}

// bury takes the one message that made its pass fail to the dead letters. Nobody looks into it any more.
func (o *Orchestrator) bury(ctx context.Context, name string, id int64, cause error, r *Report) error {
	return o.ifFree(ctx, name, id, r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		return o.refuse(ctx, tx, name, id, cause, done)
	})
}

// letOthersPass postpones a message that was too much all alone.
func (o *Orchestrator) letOthersPass(ctx context.Context, name string, taken []int64, r *Report) error {
	if len(taken) != 1 {
		return nil
	}
	return o.ifFree(ctx, name, taken[0], r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		done.Postponed++
		return queue.Postpone(ctx, tx, name, taken, postponement, longestPenance)
	})
}

// ifFree does something with a message whose pass has failed, unless somebody else has taken it since.
func (o *Orchestrator) ifFree(ctx context.Context, name string, id int64, r *Report,
	f func(context.Context, pgx.Tx, *Report) error) error {
	return o.counting(ctx, r, func(ctx context.Context, tx pgx.Tx, done *Report) error {
		free, err := queue.Retake(ctx, tx, name, []int64{id})
		if err != nil || len(free) == 0 {
			return err
		}
		return f(ctx, tx, done)
	})
}

// refuse takes a message that cannot be used to the dead letters, within its pass.
func (o *Orchestrator) refuse(ctx context.Context, tx pgx.Tx, name string, id int64, cause error, done *Report) error {
	done.DeadLettered++
	done.letters = append(done.letters, deadLetter{name, id, cause.Error()})
	return queue.DeadLetter(ctx, tx, name, []int64{id}, cause.Error())
}
