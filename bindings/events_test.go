package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/safego"
)

func messages(t *testing.T, b batch) []string {
	t.Helper()
	texts := []string{}
	for _, raw := range b.Events {
		var e event
		require.NoError(t, json.Unmarshal(raw, &e))
		texts = append(texts, e.Message)
	}
	return texts
}

func TestEventsComeOldestFirstAndOnce(t *testing.T) {
	t.Parallel()
	e := newEvents()
	for _, text := range []string{"a", "b", "c"} {
		e.add(event{Message: text})
	}
	require.Equal(t, []string{"a", "b"}, messages(t, e.take(2)))
	require.Equal(t, []string{"c"}, messages(t, e.take(0)))
	require.Empty(t, e.take(0).Events)
}

func TestTheOldestEventsMakeRoomAndAreCounted(t *testing.T) {
	t.Parallel()
	e := newEvents()
	for i := range eventCapacity + 3 {
		e.add(event{Message: fmt.Sprint(i)})
	}
	taken := e.take(1)
	require.Equal(t, []string{"3"}, messages(t, taken))
	require.Equal(t, 3, taken.Dropped)
	require.Zero(t, e.take(1).Dropped)
}

func TestAnEventIsBoundedAndItsOwn(t *testing.T) {
	t.Parallel()
	e := newEvents()
	attributes := map[string]any{"error": errors.New("why"), "n": 1}
	e.add(event{Message: "kept", Attributes: attributes})
	attributes["n"] = 2
	e.add(event{Message: "large", Attributes: map[string]any{"text": strings.Repeat("x", largestEvent)}})
	e.add(event{Message: "unfit", Attributes: map[string]any{"channel": make(chan int)}})
	taken := e.take(0).Events
	require.Contains(t, string(taken[0]), `"attributes":{"error":"why","n":1}`)
	for _, raw := range taken[1:] {
		require.Contains(t, string(raw), `"attributes":{"omitted":true}`)
		require.Less(t, len(raw), largestEvent)
	}
}

// readDry empties a pipe as a reader does, and says whether there was anything.
func readDry(t *testing.T, fd int) bool {
	t.Helper()
	n, err := syscall.Read(fd, make([]byte, 16))
	if errors.Is(err, syscall.EAGAIN) {
		return false
	}
	require.NoError(t, err)
	return n > 0
}

func TestThePipeIsReadableWhileEventsWait(t *testing.T) {
	t.Parallel()
	e := newEvents()
	fd, err := e.openPipe()
	require.NoError(t, err)
	defer func() { require.NoError(t, syscall.Close(fd)) }()
	require.False(t, readDry(t, fd))
	e.add(event{Message: "a"})
	e.add(event{Message: "b"})
	require.True(t, readDry(t, fd))
	require.Len(t, e.take(1).Events, 1)
	require.True(t, readDry(t, fd), "a poll that leaves events behind announces them again")
	require.Len(t, e.take(0).Events, 1)
	require.False(t, readDry(t, fd))
	e.close()
	n, err := syscall.Read(fd, make([]byte, 1))
	require.NoError(t, err)
	require.Zero(t, n, "the end of file says that the handle is closed")
}

func eventsOf(id uint64) *events {
	handles.RLock()
	defer handles.RUnlock()
	return handles.open[id].events
}

func TestAWaitingPollGetsTheEventThatComes(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	eventsOf(id).take(0)
	replies := make(chan reply, 1)
	go func() { replies <- poll(id, 0, 60_000, nil) }()
	eventsOf(id).add(event{Type: "log", At: time.Now(), Message: "news"})
	require.Contains(t, string((<-replies).body), "news")
	require.Empty(t, mustValue(t, poll(id, 0, 1, nil))["events"])
}

func TestACrashOfAGoroutineIsAnEvent(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	eventsOf(id).take(0)
	safego.Go("fragile", func() { panic("boom") })
	var crash event
	for crash.Type != "crash" {
		polled := mustValue(t, poll(id, 1, 60_000, nil))["events"].([]any)
		encoded, err := json.Marshal(polled[0])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(encoded, &crash))
	}
	require.Equal(t, `goroutine "fragile" panicked: boom`, crash.Message)
	require.Contains(t, crash.Attributes["stack"], "TestACrashOfAGoroutineIsAnEvent")
}
