package main

import (
	"context"
	"errors"
	"time"

	"github.com/tasker-core/tasker-core/go/safego"
)

// group is what runs beside a measurement. The first that fails ends the others.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	ends   []chan struct{}
}

func newGroup(ctx context.Context) *group {
	ctx, cancel := context.WithCancelCause(ctx)
	return &group{ctx: ctx, cancel: cancel}
}

func (g *group) run(what string, f func(ctx context.Context) error) {
	end := make(chan struct{})
	g.ends = append(g.ends, end)
	safego.Go(what, func() {
		defer close(end)
		if err := f(g.ctx); err != nil {
			g.cancel(err)
		}
	})
}

// wait waits until all have ended and gives the first failure.
func (g *group) wait() error {
	for _, end := range g.ends {
		<-end
	}
	g.cancel(errStopped)
	if err := context.Cause(g.ctx); !errors.Is(err, errStopped) {
		return err
	}
	return nil
}

// stop ends all and gives the first failure.
func (g *group) stop() error {
	g.cancel(errStopped)
	return g.wait()
}

var errStopped = errors.New("stopped")

// pause waits, but not for longer than ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
