// Package safego starts goroutines, and nothing else in the module does.
//
// The core lives inside other people's processes. A panic in a goroutine of its own ends the whole process there, with no
// chance for the host to clean up: a Ruby web server would be gone with all its requests. So every goroutine starts through
// Go, which recovers, and tells one sink what happened. A test walks the syntax tree of the module and fails on any other
// way to start one.
//
// What no recover can stop stays fatal: concurrent map writes, a stack overflow, unlocking an unlocked mutex.
package safego

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
)

// Crash is a panic that was caught at the bottom of a goroutine.
type Crash struct {
	Name  string // the name given to Go
	Value any    // what was thrown
	Stack string // the stack of the goroutine at the panic
}

// Error says which goroutine panicked and with what; the stack is kept apart.
func (c Crash) Error() string {
	return fmt.Sprintf("goroutine %q panicked: %v", c.Name, c.Value)
}

var sink atomic.Pointer[func(Crash)]

// OnCrash sets who is told about crashes from now on; nil goes back to the default, which prints to standard error.
// The sink runs on the goroutine that crashed; a panic of the sink itself is printed and goes no further.
func OnCrash(report func(Crash)) {
	if report == nil {
		report = printCrash
	}
	sink.Store(&report)
}

// Go runs f in a new goroutine. A panic in f ends that goroutine only, and is reported under the given name.
func Go(name string, f func()) {
	go func() {
		defer stop(name)
		f()
	}()
}

// Try runs f here and now, reports a panic and gives it as an error, for work whose failing must not end whoever asked.
func Try(name string, f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			crash := Crash{Name: name, Value: value, Stack: string(debug.Stack())}
			report(crash)
			err = crash
		}
	}()
	return f()
}

// stop reports a panic and stops it, when deferred; without a panic it does nothing.
func stop(name string) {
	if value := recover(); value != nil {
		report(Crash{Name: name, Value: value, Stack: string(debug.Stack())})
	}
}

func report(c Crash) {
	defer func() {
		if value := recover(); value != nil {
			printCrash(Crash{Name: "crash sink of " + c.Name, Value: value, Stack: string(debug.Stack())})
		}
	}()
	if f := sink.Load(); f != nil {
		(*f)(c)
		return
	}
	printCrash(c)
}

func printCrash(c Crash) { fmt.Fprintf(os.Stderr, "%s\n%s\n", c.Error(), c.Stack) }
