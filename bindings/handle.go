package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tasker-core/tasker-core/go/safego"
)

// defaultTimeout is the deadline of a call that names none: TASKER_DEFAULT_TIMEOUT_MS.
const defaultTimeout = 30 * time.Second

// closePatience is how long a close waits, past its grace, for what it has cut off.
const closePatience = time.Second

// handle is one open core with all that its callers share.
type handle struct {
	core   *core
	events *events

	// Two contexts, because waits end as soon as a close begins, and calls only when its grace is over.
	waiting  context.Context
	endWaits context.CancelCauseFunc
	working  context.Context
	cutCalls context.CancelCauseFunc
	calls    sync.WaitGroup // calls and waits that run; grows only while the handle is in the table
}

// table holds the open handles by their numbers. A number up to last that is not in it belongs to a closed handle.
type table struct {
	sync.RWMutex
	last uint64
	open map[uint64]*handle
}

var handles = table{open: map[uint64]*handle{}}

func (t *table) add(h *handle) uint64 {
	t.Lock()
	defer t.Unlock()
	t.last++
	t.open[t.last] = h
	return t.last
}

// use finds a handle and counts the caller in; release counts it out again.
func (t *table) use(id uint64) (h *handle, release func(), fault *reply) {
	t.RLock()
	defer t.RUnlock()
	h, err := t.find(id)
	if err != nil {
		return nil, nil, err
	}
	h.calls.Add(1)
	return h, h.calls.Done, nil
}

// remove takes a handle out, so that nobody can begin anything with it.
func (t *table) remove(id uint64) (*handle, *reply) {
	t.Lock()
	defer t.Unlock()
	h, fault := t.find(id)
	delete(t.open, id)
	return h, fault
}

func (t *table) find(id uint64) (*handle, *reply) {
	if h := t.open[id]; h != nil {
		return h, nil
	}
	var r reply
	switch {
	case !isReady():
		r = fault{Code: "not_ready", Message: "call tasker_init first"}.reply(statusNotReady)
	case id > 0 && id <= t.last:
		r = ended(errClosed)
	default:
		r = fault{Code: "bad_handle", Message: fmt.Sprintf("%d is no handle; use the number that tasker_open gave", id)}.reply(statusBadHandle)
	}
	return nil, &r
}

func (t *table) all() []*handle {
	t.RLock()
	defer t.RUnlock()
	all := make([]*handle, 0, len(t.open))
	for _, h := range t.open {
		all = append(all, h)
	}
	return all
}

// openHandle opens a core. The event pipe is made first, so that no early event goes unannounced.
func openHandle(input []byte, wantPipe bool) (id uint64, eventFD int, r reply) {
	if !isReady() {
		_, fault := handles.find(0)
		return 0, -1, *fault
	}
	config, fault := decodeOpenConfig(input)
	if fault != nil {
		return 0, -1, *fault
	}
	h := newHandle()
	eventFD = -1
	if wantPipe {
		fd, err := h.events.openPipe()
		if err != nil {
			return 0, -1, broken(err).reply(statusError)
		}
		eventFD = fd
	}
	if fault := h.connect(config); fault != nil {
		h.events.abandon(eventFD)
		return 0, -1, *fault
	}
	id = handles.add(h)
	return id, eventFD, done(map[string]uint64{"handle": id})
}

func newHandle() *handle {
	h := &handle{events: newEvents()}
	h.waiting, h.endWaits = context.WithCancelCause(context.Background())
	h.working, h.cutCalls = context.WithCancelCause(context.Background())
	return h
}

func (h *handle) connect(config openConfig) *reply {
	ctx, cancel, fault := deadline(h.working, config.TimeoutMS)
	if fault != nil {
		return fault
	}
	defer cancel()
	opened := make(chan *core, 1)
	r := bounded(ctx, func(ctx context.Context) reply {
		c, err := openCore(ctx, config, h.events)
		if err != nil {
			return faulty(ctx, err)
		}
		if opened <- c; ctx.Err() != nil { // nobody waits for it any more
			(<-opened).Close()
			return faulty(ctx, ctx.Err())
		}
		return reply{}
	})
	if r.status != statusOK {
		return &r
	}
	h.core = <-opened
	return nil
}

// closeHandle ends a handle, at once and in the background for grace 0, else within the grace and a little.
func closeHandle(id uint64, graceMS int64) reply {
	if graceMS < 0 {
		return negative("grace_ms", graceMS)
	}
	h, fault := handles.remove(id)
	if fault != nil && fault.status != statusClosed {
		return *fault
	}
	drained := true
	if h != nil {
		drained = h.close(milliseconds(graceMS))
	}
	return done(map[string]bool{"drained": drained})
}

func (h *handle) close(grace time.Duration) (drained bool) {
	h.endWaits(errClosed)
	if grace > 0 {
		return h.end(grace)
	}
	safego.Go("close", func() { h.end(0) })
	return false
}

// end lets run what runs for the length of the grace, cuts off the rest, and gives everything back.
func (h *handle) end(grace time.Duration) (drained bool) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	drained = within(ctx, func() {
		_ = h.core.Stop(ctx) // it ends with ctx at the latest, and within tells us so
		h.calls.Wait()
	}) && ctx.Err() == nil
	h.cutCalls(errClosed)
	patient, cancelPatience := context.WithTimeout(context.Background(), closePatience)
	defer cancelPatience()
	within(patient, h.core.Close)
	h.events.close()
	return drained
}

// within runs work and says whether it came to an end before ctx did. If not, it goes on by itself.
func within(ctx context.Context, work func()) bool {
	finished := make(chan struct{})
	safego.Go("close", func() {
		defer close(finished)
		work()
	})
	select {
	case <-finished:
		return true
	case <-ctx.Done():
		return false
	}
}

// reportCrash gives every open handle the news of a goroutine that ended in a panic.
func reportCrash(c safego.Crash) {
	for _, h := range handles.all() {
		h.events.add(event{Type: "crash", At: time.Now(), Level: "error", Message: c.Error(),
			Attributes: map[string]any{"goroutine": c.Name, "stack": c.Stack}})
	}
}
