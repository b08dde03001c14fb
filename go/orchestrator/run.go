package orchestrator

import (
	"context"
	"errors"
	"time"

	"github.com/tasker-core/tasker-core/go/safego"
)

// loop is one run of the orchestrator, from Start to Stop.
type loop struct {
	cancel context.CancelFunc // asks it to end after the tick in hand
	done   chan struct{}      // closed when it has ended
}

// outcome is what the newest tick came to.
type outcome struct {
	report Report
	err    error
	at     time.Time
}

// Start runs ticks until Stop. Starting what runs already changes nothing.
func (o *Orchestrator) Start() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &loop{cancel: cancel, done: make(chan struct{})}
	o.current = l
	safego.Go("orchestrator listen", func() { o.listen(ctx) })
	safego.Go("orchestrator run", func() {
		defer close(l.done)
		o.Run(ctx)
	})
	o.config.Log("info", "orchestrator started", map[string]any{"actor": o.config.Actor})
}

// Stop lets the tick in hand end, and no further one begin. It gives ctx's error when that takes longer than ctx
// allows; the tick then still ends by itself. Stopping what does not run changes nothing.
func (o *Orchestrator) Stop(ctx context.Context) error {
	o.mu.Lock()
	l := o.current
	o.current = nil
	o.mu.Unlock()
	if l == nil {
		return nil
	}
	l.cancel()
	select {
	case <-l.done:
		o.config.Log("info", "orchestrator stopped", map[string]any{"actor": o.config.Actor})
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run ticks until ctx ends; the tick in hand is finished first. It rests when there is nothing to do, until somebody
// notifies, the next retry is due or the poll interval is over, and backs off while the database is away.
func (o *Orchestrator) Run(ctx context.Context) {
	o.beware()
	for failures, quiet := 0, 0; ctx.Err() == nil; quiet++ {
		report, err := o.Tick(context.WithoutCancel(ctx))
		failures = o.tell(err, failures)
		if report.Moved() {
			quiet = 0
		}
		rest(ctx, o.wake, o.pause(report, failures, quiet))
	}
}

// beware makes the first ticks of a loop look for what the one before left behind, and fear it.
func (o *Orchestrator) beware() {
	o.ticking.Lock()
	defer o.ticking.Unlock()
	o.sweepAt, o.guardedUntil = time.Time{}, time.Now().Add(guardWindow)
}

// remindEvery is how many failed ticks in a row, one a second in a long outage, are told as one.
const remindEvery = 60

// tell logs when ticks begin to fail, now and then while they do, and when they are over it. It gives how many failed
// in a row.
func (o *Orchestrator) tell(err error, before int) (failures int) {
	if err == nil {
		if before > 0 {
			o.config.Log("info", "ticks succeed again", map[string]any{"failed": before})
		}
		return 0
	}
	if before%remindEvery == 0 {
		o.config.Log("error", "tick failed", map[string]any{"error": err.Error(), "in_a_row": before + 1})
	}
	return before + 1
}

// The pauses that are not the poll interval.
const (
	contendedPause = 2 * time.Millisecond  // another one hands out, or an operator pauses; doubles with every further time
	shortestPoll   = 4 * time.Millisecond  // after the first tick that found nothing; doubles with every further one
	shortestOutage = 50 * time.Millisecond // first pause after a failed tick; doubles with every further one
	longestOutage  = time.Second           // and no longer, so that everybody is back soon after the database
)

// pause says how long to rest after a tick: not at all while things move. Soon after something moved it looks again
// soon, and then less and less often: a worker that only knows pgmq does not notify, and what it was given a moment ago
// may be answered by now.
func (o *Orchestrator) pause(r Report, failures, quiet int) time.Duration {
	poll := min(shortestPoll<<min(quiet, 10), o.config.PollInterval)
	switch {
	case failures > 0:
		return min(shortestOutage<<min(failures-1, 10), longestOutage)
	case r.Moved():
		return 0
	case r.Contended > 0:
		return min(contendedPause<<min(quiet, 10), o.config.PollInterval)
	case r.Postponed > 0, r.NextDue != nil && *r.NextDue <= 0: // somebody holds it, or its window is full
		return postponement
	case r.NextDue != nil:
		due := min(*r.NextDue, poll.Seconds()) // a start may be further away than a Duration reaches
		return min(time.Duration(due*float64(time.Second))+time.Millisecond, poll)
	}
	return poll
}

// rest waits to be woken, but no longer than a while; nobody wakes through a nil channel.
func rest(ctx context.Context, wake <-chan struct{}, while time.Duration) {
	if while == 0 {
		return
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// Status is what an orchestrator says about itself.
type Status struct {
	Running    bool       `json:"running"`
	Actor      string     `json:"actor"`
	Ticks      int64      `json:"ticks"`
	LastTickAt *time.Time `json:"last_tick_at"`
	LastReport Report     `json:"last_report"`
	LastError  string     `json:"last_error,omitempty"`
	PoolSize   int32      `json:"pool_size"`
	PoolInUse  int32      `json:"pool_in_use"`
}

// Status says how the orchestrator is doing. It asks nobody and does not wait.
func (o *Orchestrator) Status() Status {
	o.mu.Lock()
	s := Status{Running: o.current != nil, Actor: o.config.Actor, Ticks: o.ticks.Load()}
	o.mu.Unlock()
	pool := o.pool.Stat()
	s.PoolSize, s.PoolInUse = pool.MaxConns(), pool.AcquiredConns()
	if last := o.last.Load(); last != nil {
		s.LastTickAt, s.LastReport = &last.at, last.report
		if last.err != nil {
			s.LastError = last.err.Error()
		}
	}
	return s
}

func (o *Orchestrator) remember(r Report, err error) error {
	o.ticks.Add(1)
	if !errors.Is(err, context.Canceled) {
		o.last.Store(&outcome{report: r, err: errors.Join(err, o.trouble()), at: time.Now().UTC()})
	}
	return err
}
