package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/tasker-core/tasker-core/go/safego"
)

// startConfig is what tasker_init takes; tasker.h says what each key means.
type startConfig struct {
	CrashFile        string `json:"crash_file"`
	MaxStackBytes    int    `json:"max_stack_bytes"`
	MaxProcs         int    `json:"max_procs"`
	GCPercent        *int   `json:"gc_percent"`
	MemoryLimitBytes int64  `json:"memory_limit_bytes"`
}

// defaultMaxStack is a sixteenth of Go's own limit. A runaway recursion should end with a report, not after it has filled a
// gigabyte of the host.
const defaultMaxStack = 64 << 20

// started is the state that tasker_init makes, once in a process.
var started struct {
	sync.Mutex
	ready    bool
	cancelFD int
}

// start prepares the process and gives the write end of the cancel pipe. The first call that succeeds decides.
func start(input []byte) (cancelFD int, r reply) {
	started.Lock()
	defer started.Unlock()
	var config startConfig
	if refused := decode(input, &config); refused != nil {
		return -1, *refused
	}
	if !started.ready {
		fd, err := config.apply()
		if err != nil {
			return -1, fault{Code: "internal", Message: err.Error()}.reply(statusError)
		}
		started.cancelFD, started.ready = fd, true
	}
	return started.cancelFD, done(map[string]string{"version": libraryVersion, "go": runtime.Version()})
}

func isReady() bool {
	started.Lock()
	defer started.Unlock()
	return started.ready
}

func (c startConfig) apply() (cancelFD int, err error) {
	if err := c.openCrashFile(); err != nil {
		return -1, err
	}
	debug.SetMaxStack(positive(c.MaxStackBytes, defaultMaxStack))
	if c.MaxProcs > 0 {
		runtime.GOMAXPROCS(c.MaxProcs)
	}
	if c.GCPercent != nil {
		debug.SetGCPercent(*c.GCPercent)
	}
	if c.MemoryLimitBytes > 0 {
		debug.SetMemoryLimit(c.MemoryLimitBytes)
	}
	safego.OnCrash(reportCrash)
	return listenForCancel()
}

// openCrashFile lets the runtime write its last words there; they are lost otherwise where a host sends standard error away.
func (c startConfig) openCrashFile() error {
	if c.CrashFile == "" {
		return nil
	}
	file, err := os.OpenFile(c.CrashFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open crash_file: %w", err)
	}
	err = debug.SetCrashOutput(file, debug.CrashOptions{}) // it keeps a duplicate
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("set crash output to %q: %w", c.CrashFile, err)
	}
	return nil
}

func positive(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}
