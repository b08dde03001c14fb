package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Namespaces are handed out together, in one transaction, until that fails for a reason that may lie in one of them: a
// right that was revoked, somebody's trigger, a step that takes longer than a transaction may. Then each of them goes by
// itself, watched, until it has gone well: whoever is to blame fails alone, more and more seldom, and nobody waits for it.

// watched is a namespace that is handed out by itself.
type watched struct {
	name  string
	limit int       // how many steps may go out at the next try
	due   time.Time // when that is
	tries int       // that failed in a row and were not about a step
	err   error     // of the newest try that failed
	aside map[int64]*laidAside
}

// laidAside is a step that could not be handed out even alone.
type laidAside struct {
	until   time.Time
	penance time.Duration
}

// A step that could not be handed out alone waits at first for longestPenance, twice as long each time, and at most so long.
const longestAside = 5 * time.Minute

// watch remembers that these namespaces go by themselves. Where a step may be to blame, they begin with one.
func (o *Orchestrator) watch(namespaces []int32, cause error) {
	for _, id := range namespaces {
		if o.watched[id] == nil {
			o.watched[id] = &watched{limit: o.handOut.full, aside: map[int64]*laidAside{}}
		}
		if mayBeAStep(cause) {
			o.watched[id].limit = 1
		}
	}
}

// watchReady watches every namespace that has something ready. It gives cause when that is none: then it is nobody's.
func (o *Orchestrator) watchReady(ctx context.Context, cause error) error {
	return o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		ready, err := collect[int32](ctx, tx, `SELECT namespace_id FROM tasker.namespaces
			WHERE namespace_id <> ALL ($1) AND tasker.held_back(namespace_id, '{}')`, o.watchedIDs())
		if err != nil {
			return err
		}
		if len(ready) == 0 {
			return cause
		}
		o.watch(ready, cause)
		return nil
	})
}

// unwatched gives the namespaces that go together, or nil when that is all of them.
func (o *Orchestrator) unwatched(ctx context.Context, tx pgx.Tx) ([]int32, error) {
	if len(o.watched) == 0 {
		return nil, nil
	}
	return collect[int32](ctx, tx, `SELECT namespace_id FROM tasker.namespaces WHERE namespace_id <> ALL ($1)`, o.watchedIDs())
}

// enqueueWatched gives each watched namespace whose time has come one try. It gives how many failed, and the error that is
// nobody's fault, if there is one.
func (o *Orchestrator) enqueueWatched(ctx context.Context, r *Report) (failed int, err error) {
	for _, id := range o.watchedIDs() {
		w := o.watched[id]
		if !time.Now().Before(w.due) {
			err := o.tryAlone(ctx, id, w, r)
			if err != nil && !isPassing(err) {
				failed++
				err = o.learn(ctx, id, w, err)
			}
			if err != nil {
				return failed, err
			}
		}
		w.nextTry(r)
	}
	return failed, nil
}

// nextTry lets a report say when this namespace is to be tried again, if that is before anything else.
func (w *watched) nextTry(r *Report) {
	tries := []time.Time{w.due}
	for _, a := range w.aside {
		tries = append(tries, a.until)
	}
	for _, at := range tries {
		seconds := max(time.Until(at).Seconds(), 0)
		if !at.IsZero() && (r.NextDue == nil || seconds < *r.NextDue) {
			r.NextDue = &seconds
		}
	}
}

// tryAlone hands out in one namespace. When all goes well it may hand out twice as many the next time; it is watched no
// longer once it may hand out as many as any other, or has nothing ready, and nothing is laid aside.
func (o *Orchestrator) tryAlone(ctx context.Context, id int32, w *watched, r *Report) error {
	var done Report
	var ready bool
	var aside []int64
	besides := w.waiting()
	err := o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := o.enqueueIn(ctx, tx, []int32{id}, w.limit, besides, &done); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT tasker.held_back($1, '{}'), ARRAY(SELECT step_id FROM tasker.steps s
			WHERE step_id = ANY ($2) AND tasker.is_ready(s))`, id, slices.Collect(maps.Keys(w.aside))).Scan(&ready, &aside)
	})
	if err != nil {
		return err
	}
	r.add(done)
	if done.Contended > 0 {
		return nil
	}
	w.tries, w.due = 0, time.Time{}
	maps.DeleteFunc(w.aside, func(step int64, _ *laidAside) bool { return !slices.Contains(aside, step) })
	well := len(w.aside) == 0 && (!ready || w.limit >= o.handOut.full)
	if done.Enqueued > 0 {
		w.limit = min(2*w.limit, o.handOut.full)
	}
	if well {
		delete(o.watched, id)
		if w.err != nil {
			o.config.Log("info", "hand-out succeeds again", map[string]any{"namespace": w.name})
		}
	}
	return nil
}

// learn draws the conclusions from a try that failed: with fewer steps, without the one that failed alone, or, where no
// step can be to blame, later.
func (o *Orchestrator) learn(ctx context.Context, id int32, w *watched, cause error) error {
	if isQueueMissing(cause) {
		o.sweepAt = time.Time{}
	}
	first, err := o.firstReady(ctx, id, w)
	if err != nil {
		return err
	}
	if sqlstate(w.err) != sqlstate(cause) || w.err == nil {
		o.config.Log("warn", "hand-out failed", map[string]any{"namespace": w.name, "error": cause.Error()})
	}
	w.err, w.due = cause, time.Now()
	switch {
	case !mayBeAStep(cause):
		w.due = w.due.Add(min(shortestOutage<<min(w.tries, 10), longestPenance))
		w.tries++
	case w.limit > 1:
		w.limit = 1
	case first != 0:
		w.layAside(first)
		o.config.Log("warn", "step laid aside", map[string]any{"namespace": w.name, "step_id": first,
			"seconds": w.aside[first].penance.Seconds(), "error": cause.Error()})
	}
	return nil
}

// firstReady gives the step that was to go out first, and learns the namespace's name.
func (o *Orchestrator) firstReady(ctx context.Context, id int32, w *watched) (step int64, err error) {
	err = o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT name, coalesce((tasker.next_ready(namespace_id, 1, $2))[1], 0)
			FROM tasker.namespaces WHERE namespace_id = $1`, id, w.waiting()).Scan(&w.name, &step)
	})
	return step, err
}

func (w *watched) layAside(step int64) {
	a := w.aside[step]
	if a == nil {
		a = &laidAside{penance: longestPenance / 2}
		w.aside[step] = a
	}
	a.penance = min(2*a.penance, longestAside)
	a.until = time.Now().Add(a.penance)
}

// waiting gives the steps that are not to be tried yet. The first try with one whose time has come is with that one alone.
func (w *watched) waiting() []int64 {
	steps := []int64{}
	for step, a := range w.aside {
		if time.Now().Before(a.until) {
			steps = append(steps, step)
		} else {
			w.limit = 1
		}
	}
	return steps
}

func (o *Orchestrator) watchedIDs() []int32 {
	return slices.AppendSeq([]int32{}, maps.Keys(o.watched))
}

// trouble says what keeps steps from being handed out, for those who ask how we are doing: no tick fails of it.
func (o *Orchestrator) trouble() error {
	var all []error
	for _, id := range slices.Sorted(maps.Keys(o.watched)) {
		if w := o.watched[id]; w.err != nil {
			all = append(all, fmt.Errorf("hand out in namespace %s: %w", w.name, w.err))
		}
	}
	return errors.Join(all...)
}

// mayBeAStep says whether one of the steps may be why a hand-out failed: not for want of rights or of things.
func mayBeAStep(err error) bool { return !ofClass(err, "42", "3F", "55") }

// passing are the classes of errors that say nothing about what was to be done: connections, plans and prepared statements,
// transactions, resources, locks that were not to be had, and what an administrator does.
var passing = []string{"08", "0A", "25", "26", "28", "3D", "40", "53", "55P03", "57P", "58"}

// isPassing says whether an error blames nobody: the next tick may do what this one could not.
func isPassing(err error) bool {
	return !isAnswer(err) || isSchema(err) || ofClass(err, passing...)
}

// collect gives the values of a query's one column.
func collect[T any](ctx context.Context, tx pgx.Tx, sql string, arguments ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
