package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tasker-core/tasker-core/go/safego"
)

// Tick is one pass: everything that can move, moves once. A stage that fails does not keep the others from their work;
// what each did is committed and stands. Orchestrators in any number of processes tick at once; one ticks in turn. When a
// result was announced, nobody has to look first.
func (o *Orchestrator) Tick(ctx context.Context) (r Report, err error) {
	o.ticking.Lock()
	defer o.ticking.Unlock()
	if o.announced.Swap(false) {
		o.results.aim(time.Now())
		err = o.pass(ctx, seen{results: true}, &r)
	}
	if err == nil && !r.Moved() {
		err = o.pass(ctx, o.look(ctx), &r)
	}
	return r, o.remember(r, err)
}

// pass runs the stages that have something to do by what was seen.
func (o *Orchestrator) pass(ctx context.Context, seen seen, r *Report) error {
	var failures []error
	o.behind, r.NextDue = false, seen.nextDue
	for _, s := range []stage{
		{"admit", o.admit, func() bool { return seen.requests || o.requests.owes() }},                    // requests become tasks
		{"apply", o.apply, func() bool { return seen.results || o.results.owes() }},                      // results become transitions, tasks come to rest, freed steps go out
		{"enqueue", o.enqueue, func() bool { return seen.ready || r.leftReady() || len(o.watched) > 0 }}, // what is due or was held back becomes messages
		{"sweep", o.sweep, o.isSweepDue}, // what got lost is found, now and then
	} {
		if !s.needed() {
			continue
		}
		if err := o.do(ctx, s.name, s.pass, r); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", s.name, err))
			if isQueueMissing(err) {
				o.sweepAt = time.Time{}
			}
			if !isAnswer(err) || isSchema(err) {
				break
			}
		}
	}
	return errors.Join(failures...)
}

// stage is a part of a tick, and whether there is something for it to do.
type stage struct {
	name   string
	pass   func(context.Context, *Report) error
	needed func() bool
}

// do runs one stage and logs what it changed.
func (o *Orchestrator) do(ctx context.Context, name string, pass func(context.Context, *Report) error, r *Report) error {
	var done Report
	start := time.Now()
	err := safego.Try(name, func() error { return pass(ctx, &done) })
	if attributes := done.attributes(); len(attributes) > 0 {
		attributes["ms"] = float64(time.Since(start).Microseconds()) / 1000
		o.config.Log("info", name, attributes)
	}
	r.add(done)
	return err
}
