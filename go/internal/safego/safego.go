// Package safego stands in for go/safego inside go/, for as long as callers use this path.
package safego

import "github.com/tasker-core/tasker-core/go/safego"

// Go runs f in a new goroutine; see the package that does it.
func Go(name string, f func()) { safego.Go(name, f) }
