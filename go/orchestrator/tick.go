package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tasker-core/tasker-core/go/safego"
)

// Tick is one pass: everything that can move, moves once. A stage that fails does not keep the others from their work;
// what each did is committed and stands. Orchestrators in any number of processes tick at once; one ticks in turn.
func (o *Orchestrator) Tick(ctx context.Context) (Report, error) {
	o.ticking.Lock()
	defer o.ticking.Unlock()
	var r Report
	var failures []error
	seen := o.look(ctx)
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
		if err := o.do(ctx, s.name, s.pass, &r); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", s.name, err))
			if isQueueMissing(err) {
				o.sweepAt = time.Time{}
			}
			if !isAnswer(err) || isSchema(err) {
				break
			}
		}
	}
	return r, o.remember(r, errors.Join(failures...))
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
