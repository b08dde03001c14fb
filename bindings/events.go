package main

/*
#include "plain.h"
#include "tasker.h"
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// eventCapacity is how many events wait; then the oldest make room, because the news matters more than its history.
const eventCapacity = C.TASKER_EVENT_CAPACITY

// largestEvent is the size from which an event loses its attributes, so that the ring is bounded in bytes too.
const largestEvent = 64 << 10

// event is one thing that a host may want to know.
type event struct {
	Type       string         `json:"type"` // log, or crash
	At         time.Time      `json:"at"`
	Level      string         `json:"level"`
	Message    string         `json:"message"`
	Attributes map[string]any `json:"attributes"`
}

// encode makes the event immutable at once: its attributes belong to the one who logs.
func (e event) encode() json.RawMessage {
	e.At = e.At.UTC()
	attributes := map[string]any{}
	for name, value := range e.Attributes {
		if err, ok := value.(error); ok { // encoding/json shows the fields of an error, and most have none
			value = err.Error()
		}
		attributes[name] = value
	}
	e.Attributes = attributes
	if body, err := json.Marshal(e); err == nil && len(body) <= largestEvent {
		return body
	}
	e.Attributes = map[string]any{"omitted": true}
	e.Message = e.Message[:min(len(e.Message), largestEvent/8)]
	return encode(e)
}

// batch is the body of tasker_poll.
type batch struct {
	Events  []json.RawMessage `json:"events"`
	Dropped int               `json:"dropped"`
}

// events is the ring between those who log and those who poll. Its pipe holds a byte while events wait, as far as it was
// asked for.
type events struct {
	mu      sync.Mutex
	waiting []json.RawMessage
	dropped int
	ready   chan struct{} // holds a token while events wait
	pipe    *eventPipe    // nil: nobody wanted one
}

func newEvents() *events { return &events{ready: make(chan struct{}, 1)} }

// add never blocks: the one who logs has work to do.
func (e *events) add(one event) {
	body := one.encode()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == eventCapacity {
		e.waiting[0] = nil
		e.waiting = e.waiting[1:]
		e.dropped++
	}
	e.waiting = append(e.waiting, body)
	if len(e.waiting) == 1 {
		e.announce()
	}
}

// take gives the oldest events, limit of them at most, or all for 0. What it leaves is announced again.
func (e *events) take(limit int) batch {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.waiting)
	if limit > 0 {
		n = min(limit, n)
	}
	taken := batch{Events: append([]json.RawMessage{}, e.waiting[:n]...), Dropped: e.dropped}
	e.waiting, e.dropped = e.waiting[n:], 0
	if len(e.waiting) > 0 {
		e.announce()
	}
	return taken
}

// empty says whether a poll would find nothing.
func (e *events) empty() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.waiting) == 0 && e.dropped == 0
}

// taken is take as a reply.
func (e *events) taken(limit int) reply {
	if e.empty() {
		return reply{statusOK, nothing}
	}
	return done(e.take(limit))
}

func (e *events) announce() {
	select {
	case e.ready <- struct{}{}:
	default:
	}
	if e.pipe != nil {
		e.pipe.signal()
	}
}

// openPipe gives the read end of a pipe that is readable while events wait.
func (e *events) openPipe() (readEnd int, err error) {
	pipe, readEnd, err := newEventPipe()
	if err != nil {
		return -1, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pipe = pipe
	return readEnd, nil
}

func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pipe != nil {
		e.pipe.close()
		e.pipe = nil
	}
}

// abandon closes both ends of a pipe that nobody got to know; there may be none.
func (e *events) abandon(readEnd int) {
	if readEnd >= 0 {
		e.close()
		_ = syscall.Close(readEnd) // see eventPipe.close
	}
}

// eventPipe is the write end of an event pipe. A pipe, and not an eventfd: its reader sees the end of file. It is used under
// the lock of its events.
type eventPipe struct {
	fd    int
	place C.int // where the fork child finds it, so that a child does not keep the reader from seeing the end
}

func newEventPipe() (pipe *eventPipe, readEnd int, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		return nil, -1, fmt.Errorf("open event pipe: %w", err)
	}
	return &eventPipe{ends[1], C.remember_fd(C.int(ends[1]))}, ends[0], nil
}

// signal needs no result: a full pipe is readable, and without a reader there is nobody to tell.
func (p *eventPipe) signal() {
	_, _ = syscall.Write(p.fd, []byte{1})
}

func (p *eventPipe) close() {
	C.forget_fd(p.place)
	_ = syscall.Close(p.fd) // nothing is buffered, and nobody could do anything
}
