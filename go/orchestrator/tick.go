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
	for _, s := range []stage{
		{"admit", o.admit},        // requests become tasks
		{"apply", o.apply},        // results become transitions, tasks come to rest, freed steps go out
		{"enqueue", o.enqueue},    // what is due or was held back becomes messages
		{"sweep", o.sweepWhenDue}, // what got lost is found, now and then
	} {
		if err := o.do(ctx, s, &r); err != nil {
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

type stage struct {
	name string
	pass func(context.Context, *Report) error
}

// do runs one stage and logs what it changed.
func (o *Orchestrator) do(ctx context.Context, s stage, r *Report) error {
	var done Report
	start := time.Now()
	err := safego.Try(s.name, func() error { return s.pass(ctx, &done) })
	if attributes := done.attributes(); len(attributes) > 0 {
		attributes["ms"] = float64(time.Since(start).Microseconds()) / 1000
		o.config.Log("info", s.name, attributes)
	}
	r.add(done)
	return err
}
