package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tasker-core/tasker-core/go/safego"
)

// patience is how long a call waits, past its deadline, for the work to notice. Then the caller gets its answer and the work
// is left behind: no hang of ours may hang a thread of the host.
const patience = 250 * time.Millisecond

// bounded runs work under ctx and gives its reply, or the reason for the end of ctx if work does not come to an end by then.
func bounded(ctx context.Context, work func(context.Context) reply) reply {
	replies := make(chan reply, 1)
	safego.Go("call", func() { replies <- guard(func() reply { return work(ctx) }) })
	select {
	case r := <-replies:
		return r
	case <-ctx.Done():
	}
	select {
	case r := <-replies:
		return r
	case <-time.After(patience):
		return ended(context.Cause(ctx))
	}
}

// deadline gives the context of a call: it ends with the handle, or after timeoutMS, 0 standing for the default.
func deadline(parent context.Context, timeoutMS int64) (context.Context, context.CancelFunc, *reply) {
	if timeoutMS < 0 {
		r := negative("timeout_ms", timeoutMS)
		return nil, nil, &r
	}
	timeout := milliseconds(timeoutMS)
	if timeout == 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(parent, timeout, errTimeout)
	return ctx, cancel, nil
}

// waitOn runs a pure wait: it ends with its handle's close, with its time, or with its word.
func waitOn(id uint64, timeoutMS int64, word *uint32, work func(context.Context, *handle) reply) reply {
	h, release, fault := handles.use(id)
	if fault != nil {
		return *fault
	}
	defer release()
	if timeoutMS < 0 {
		return negative("timeout_ms", timeoutMS)
	}
	ctx, end := context.WithCancelCause(h.waiting)
	defer end(nil)
	defer cancellable.add(word, end)()
	ctx, cancel := context.WithTimeoutCause(ctx, milliseconds(timeoutMS), errTimeout)
	defer cancel()
	return work(ctx, h)
}

// nothing is the body of a poll that found nothing; polls are frequent, so it is encoded once.
var nothing = encode(batch{Events: []json.RawMessage{}})

func poll(id uint64, limit int, timeoutMS int64, word *uint32) reply {
	if timeoutMS == 0 {
		h, release, fault := handles.use(id)
		if fault != nil {
			return *fault
		}
		defer release()
		return h.events.taken(limit)
	}
	return waitOn(id, timeoutMS, word, func(ctx context.Context, h *handle) reply {
		for h.events.empty() {
			select {
			case <-h.events.ready:
			case <-ctx.Done():
				if errors.Is(context.Cause(ctx), errTimeout) {
					return h.events.taken(limit)
				}
				return ended(context.Cause(ctx))
			}
		}
		return h.events.taken(limit)
	})
}

// wait waits for a task to come to rest; 0 stands for the default, as with calls.
func wait(id uint64, taskID string, timeoutMS int64, word *uint32) reply {
	if timeoutMS == 0 {
		timeoutMS = defaultTimeout.Milliseconds()
	}
	return waitOn(id, timeoutMS, word, func(ctx context.Context, h *handle) reply {
		return bounded(ctx, func(ctx context.Context) reply { return outcome(ctx)(h.core.waitFor(ctx, taskID)) })
	})
}

// milliseconds gives a duration; what does not fit is as good as for ever.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

// waiters are the waits that somebody may cancel, each with its word. The word lies in the caller's frame, so it is looked at
// only between add and remove.
type waiters struct {
	sync.Mutex
	words map[*waiter]struct{}
}

type waiter struct {
	word   *uint32
	cancel context.CancelCauseFunc
}

var cancellable = waiters{words: map[*waiter]struct{}{}}

// add registers a wait and gives the function that ends its registration. The word is tested after it is registered, and a
// canceller writes into the pipe after it has set the word, so one of both sees the other.
func (w *waiters) add(word *uint32, cancel context.CancelCauseFunc) (remove func()) {
	if word == nil {
		return func() {}
	}
	one := &waiter{word, cancel}
	w.Lock()
	w.words[one] = struct{}{}
	w.Unlock()
	one.look()
	return func() {
		w.Lock()
		defer w.Unlock()
		delete(w.words, one)
	}
}

func (w *waiter) look() {
	if atomic.LoadUint32(w.word) != 0 {
		w.cancel(errCancelled)
	}
}

// look ends every wait whose word is set. It holds the lock meanwhile: a word must not leave its frame under our eyes.
func (w *waiters) look() {
	w.Lock()
	defer w.Unlock()
	for one := range w.words {
		one.look()
	}
}

// listenForCancel opens the cancel pipe and starts its reader; it gives the write end, which stays open for the life of the
// process: cancellers write to it from signal handlers, where a descriptor that was closed and reused could be hit.
func listenForCancel() (writeEnd int, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		return -1, fmt.Errorf("open cancel pipe: %w", err)
	}
	reader := os.NewFile(uintptr(ends[0]), "cancel pipe") // non-blocking, so waiting for it holds no thread
	safego.Go("cancel pipe", func() {
		buffer := make([]byte, 256)
		for {
			if _, err := reader.Read(buffer); err != nil {
				panic(fmt.Errorf("read cancel pipe: %w", err))
			}
			cancellable.look()
		}
	})
	return ends[1], nil
}
