package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// The tests use the Go functions behind the exports, because a test file cannot import "C"; testdata/smoke.c uses the exports
// themselves. Whatever they open is closed again: TestMain looks at what is left.
func TestMain(m *testing.M) {
	if complaint := beforeInit(); complaint != "" {
		fmt.Fprintln(os.Stderr, complaint)
		os.Exit(1)
	}
	if file := os.Getenv(crashFile); file != "" {
		crash(file)
	}
	start(nil)
	goroutines := runtime.NumGoroutine()
	code := m.Run()
	if fuzzing := flag.Lookup("test.fuzz").Value.String() != ""; fuzzing {
		os.Exit(code) // the fuzzer has goroutines of its own
	}
	if complaint := leftovers(goroutines); complaint != "" && code == 0 {
		fmt.Fprintln(os.Stderr, complaint)
		code = 1
	}
	os.Exit(code)
}

// crashFile is set in the process that a test makes to see it die.
const crashFile = "TASKER_TEST_CRASH_FILE"

// crash ends the process as nothing of ours can prevent: with a panic in a goroutine that somebody else started.
func crash(file string) {
	start(encode(map[string]string{"crash_file": file}))
	go panic("nobody recovers this")
	select {}
}

func beforeInit() string {
	for name, r := range map[string]reply{"tick": tick(1, 0), "close": closeHandle(1, 0), "poll": poll(1, 0, 0, nil)} {
		if r.status != statusNotReady {
			return fmt.Sprintf("%s before tasker_init gives status %d: %s", name, r.status, r.body)
		}
	}
	return ""
}

func leftovers(goroutines int) string {
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > goroutines && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	switch {
	case len(handles.open) > 0:
		return fmt.Sprintf("%d handles are left open", len(handles.open))
	case len(cancellable.words) > 0:
		return fmt.Sprintf("%d waits are still registered", len(cancellable.words))
	case runtime.NumGoroutine() > goroutines:
		stacks := make([]byte, 1<<20)
		return fmt.Sprintf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
	return ""
}

const template = `{"source": "name: greet\nsteps:\n  - name: hello\n    handler_class: Hello\n"}`

// mustOpen gives a handle on a migrated database of its own, closed when the test ends.
func mustOpen(t *testing.T) uint64 {
	t.Helper()
	id, _, r := openHandle(config(t, dbtest.URL(t)), false)
	require.Equal(t, statusOK, r.status, "%s", r.body)
	t.Cleanup(func() { require.Equal(t, statusOK, closeHandle(id, 5000).status) })
	return id
}

func config(t *testing.T, url string) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"database_url": url, "pool_size": 2})
	require.NoError(t, err)
	return body
}

func mustFault(t *testing.T, status int32, r reply) fault {
	t.Helper()
	require.Equal(t, status, r.status, "%s", r.body)
	var f fault
	require.NoError(t, json.Unmarshal(r.body, &f))
	return f
}

func mustValue(t *testing.T, r reply) map[string]any {
	t.Helper()
	require.Equal(t, statusOK, r.status, "%s", r.body)
	var value map[string]any
	require.NoError(t, json.Unmarshal(r.body, &value))
	return value
}

func TestATaskFromTheEmptyDatabaseToItsFirstTick(t *testing.T) {
	t.Parallel()
	empty := dbtest.Empty(t)
	_, _, r := openHandle(config(t, empty), false)
	absent := mustFault(t, statusError, r)
	require.Contains(t, absent.Message, "migrate")
	require.Equal(t, "database TK426", absent.Code+" "+absent.SQLState)

	unmigrated := strings.Replace(string(config(t, empty)), "{", `{"unmigrated": true, `, 1)
	id, _, r := openHandle([]byte(unmigrated), false)
	mustValue(t, r)
	require.Contains(t, mustValue(t, call(id, "migration_sql", nil, 0))["sql"], "CREATE SCHEMA")
	mustValue(t, call(id, "migrate", nil, 0))
	mustValue(t, call(id, "migrate", []byte("{}"), 0))
	require.Equal(t, true, mustValue(t, call(id, "register_template", []byte(template), 0))["created"])
	require.Equal(t, false, mustValue(t, call(id, "register_template", []byte(template), 0))["created"])
	created := mustValue(t, createTask(id, []byte(`{"name": "greet", "idempotency_key": "k"}`), 0))
	again := mustValue(t, createTask(id, []byte(`{"name": "greet", "idempotency_key": "k"}`), 0))
	require.Equal(t, created["task_id"], again["task_id"])
	require.Equal(t, false, again["created"])
	require.Contains(t, mustValue(t, tick(id, 0)), "enqueued")
	require.Equal(t, true, mustValue(t, closeHandle(id, 5000))["drained"])
}

func TestStartStatusStop(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "start", nil, 0))
	mustValue(t, call(id, "start", nil, 0))
	require.Equal(t, true, mustValue(t, call(id, "status", nil, 0))["running"])
	mustValue(t, call(id, "stop", []byte(`{"grace_ms": 5000}`), 0))
	require.Equal(t, false, mustValue(t, call(id, "status", nil, 0))["running"])
}

func TestRefusalsSayWhatAndWhere(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "register_template", []byte(template), 0))
	require.Equal(t, "not_found", mustFault(t, statusError, createTask(id, []byte(`{"name": "unknown"}`), 0)).Code)
	unknownKey := mustFault(t, statusError, createTask(id, []byte(`{"name": "greet", "contxt": {}}`), 0))
	require.Equal(t, "invalid", unknownKey.Code)
	require.Equal(t, "/contxt", unknownKey.Details[0].Pointer)
	require.Equal(t, "invalid", mustFault(t, statusError, createTask(id, []byte(`{"name": `), 0)).Code)
	require.Equal(t, "invalid", mustFault(t, statusError, call(id, "register_template", nil, 0)).Code)
	require.Equal(t, "invalid", mustFault(t, statusError, wait(id, "no uuid", 1000, nil)).Code)
	require.Equal(t, "not_found", mustFault(t, statusError, wait(id, "00000000-0000-7000-8000-000000000000", 5000, nil)).Code)
	other := strings.Replace(template, "hello", "goodbye", 1)
	conflict := mustFault(t, statusError, call(id, "register_template", []byte(other), 0))
	require.Equal(t, "conflict", conflict.Code)
	require.Contains(t, conflict.Message, "\n  /steps/goodbye: the step is not registered and was given")
	require.Equal(t, "invalid", mustFault(t, statusError, createTask(id, []byte(`{"name": "greet", "skip": ["hello"]}`), 0)).Code)
}

func TestATaskMayStartLater(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "register_template", []byte(template), 0))
	created := mustValue(t, createTask(id, []byte(`{"name": "greet", "start_at": "2100-01-01T00:00:00+01:00"}`), 0))
	require.Equal(t, "pending", created["state"])
	report := mustValue(t, tick(id, 0))
	require.Zero(t, report["enqueued"])
	require.Greater(t, report["next_due"], 1e9)
	refused := mustFault(t, statusError, createTask(id, []byte(`{"name": "greet", "start_at": "2100-01-01T00:00:00"}`), 0))
	require.Equal(t, "/start_at", refused.Details[0].Pointer)
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	for name, r := range map[string]reply{
		"unknown operation": call(id, "explode", nil, 0),
		"unknown key":       call(id, "stop", []byte(`{"grace": 1}`), 0),
		"no object":         call(id, "stop", []byte(`[]`), 0),
		"half an object":    call(id, "stop", []byte(`{"grace_ms"`), 0),
		"text behind":       call(id, "stop", []byte(`{} {}`), 0),
		"negative timeout":  tick(id, -1),
		"negative wait":     wait(id, "x", -1, nil),
		"negative poll":     poll(id, 0, -1, nil),
		"negative grace":    closeHandle(id, -1),
	} {
		require.Equal(t, "bad_argument", mustFault(t, statusBadArgument, r).Code, name)
	}
	_, _, r := openHandle(nil, false)
	require.Contains(t, mustFault(t, statusBadArgument, r).Message, "database_url")
	_, _, r = openHandle([]byte(`{"database_url": "postgres://h/d", "pool_size": -1}`), false)
	mustFault(t, statusBadArgument, r)
}

func TestHandlesThatAreNot(t *testing.T) {
	t.Parallel()
	for _, id := range []uint64{0, 1 << 40} {
		require.Equal(t, "bad_handle", mustFault(t, statusBadHandle, tick(id, 0)).Code)
		require.Equal(t, "bad_handle", mustFault(t, statusBadHandle, closeHandle(id, 0)).Code)
	}
	id, _, r := openHandle(config(t, dbtest.URL(t)), false)
	mustValue(t, r)
	mustValue(t, closeHandle(id, 5000))
	mustValue(t, closeHandle(id, 0))
	require.Equal(t, "closed", mustFault(t, statusClosed, tick(id, 0)).Code)
	require.Equal(t, "closed", mustFault(t, statusClosed, poll(id, 0, 1000, nil)).Code)
}

func TestAnUnreachableDatabaseIsRetryable(t *testing.T) {
	t.Parallel()
	_, fd, r := openHandle([]byte(`{"database_url": "postgres://u@127.0.0.1:1/d", "timeout_ms": 5000}`), true)
	f := mustFault(t, statusError, r)
	require.Equal(t, "database", f.Code)
	require.True(t, f.Retryable)
	require.Equal(t, -1, fd)
}

func TestAWaitEndsByItsWordItsTimeOrItsHandle(t *testing.T) {
	t.Parallel()
	id, _, r := openHandle(config(t, dbtest.URL(t)), false)
	mustValue(t, r)
	mustValue(t, call(id, "register_template", []byte(template), 0))
	task := mustValue(t, createTask(id, []byte(`{"name": "greet"}`), 0))["task_id"].(string)

	require.Equal(t, "timeout", mustFault(t, statusTimeout, wait(id, task, 50, nil)).Code)
	set := uint32(1)
	require.Equal(t, "cancelled", mustFault(t, statusCancelled, wait(id, task, 60_000, &set)).Code)
	word := new(uint32)
	waits := make(chan reply, 2)
	go func() { waits <- wait(id, task, 60_000, word) }()
	go func() { waits <- poll(id, 0, 60_000, nil) }()
	cancel(word)
	mustFault(t, statusCancelled, <-waits)
	mustValue(t, closeHandle(id, 5000))
	mustFault(t, statusClosed, <-waits)
}

// cancel does what tasker.h tells callers to do.
func cancel(word *uint32) {
	atomic.StoreUint32(word, 1)
	_, _ = syscall.Write(started.cancelFD, []byte{0})
}

func TestNoCancellationIsLost(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	for range 2000 {
		word := new(uint32)
		go cancel(word)
		require.Equal(t, statusCancelled, poll(id, 0, 60_000, word).status)
	}
}

func TestAPanicIsAStatus(t *testing.T) {
	t.Parallel()
	f := mustFault(t, statusPanic, guard(func() reply { panic("boom") }))
	require.Contains(t, f.Message, "boom")
	require.Contains(t, f.Details[0].Message, "TestAPanicIsAStatus")
	id := mustOpen(t)
	r := onHandle(id, 0, func(context.Context, *handle) reply {
		var m map[string]int
		m["x"] = 1 //nolint:staticcheck // the panic is the point
		return done(m)
	})
	mustFault(t, statusPanic, r)
}

func TestWorkThatHangsIsLeftBehind(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	release := make(chan struct{})
	began := time.Now()
	r := onHandle(id, 20, func(context.Context, *handle) reply { <-release; return reply{} })
	mustFault(t, statusTimeout, r)
	require.Less(t, time.Since(began), 5*time.Second)
	close(release)
}

func TestAFatalErrorLeavesItsStacksInTheCrashFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "crash")
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), crashFile+"="+file)
	require.Error(t, command.Run())
	stacks, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(stacks), "nobody recovers this")
}
