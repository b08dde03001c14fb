package faulttest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// What this test program does when it is started again as a child, and for which database.
const (
	childRole = "TASKER_TEST_ROLE"
	childURL  = "TASKER_TEST_CHILD_URL"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		beChild(role, os.Getenv(childURL))
	}
	os.Exit(m.Run())
}

// beChild does what a child was started for and says "up" when it has begun.
func beChild(role, url string) {
	var err error
	switch role {
	case "orchestrate":
		err = orchestrate(url)
	case "work":
		err = workAsChild(url)
	case "migrate":
		err = migrateAsChild(url)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func orchestrate(url string) error {
	o, err := orchestrator.Open(context.Background(), orchestrator.Config{DatabaseURL: url, Actor: "child"})
	if err != nil {
		return err
	}
	fmt.Println("up")
	o.Run(context.Background())
	return nil
}

// child is this program, started again. It lives until it is killed, or does what it was started for once it is
// released.
type child struct {
	*exec.Cmd
	input io.WriteCloser
}

func (c *child) release() { _ = c.input.Close() }

// startChild starts this program again in a role. It is killed when the test ends.
func startChild(t testing.TB, role, url string) *child {
	t.Helper()
	child := &child{Cmd: exec.CommandContext(context.Background(), os.Args[0])} //nolint:gosec // this very program
	child.Env = append(os.Environ(), childRole+"="+role, childURL+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	child.input, err = child.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait() //nolint:errcheck // it was killed
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "up\n", said)
	return child
}

// TestStoppedOrchestratorLosesItsLocks: an orchestrator in a process of its own is stopped with SIGSTOP in the middle of
// a tick, with a result, a task and steps in its hands. The server ends its transaction after five seconds, and another
// orchestrator goes on; when it wakes up, nothing counts twice. Without the rule it would hold the task for ever: here
// until a second longer than the one that loses its locks needs.
func TestStoppedOrchestratorLosesItsLocks(t *testing.T) {
	unbounded := []rewording{{"idle_in_transaction_session_timeout = '5s'", "idle_in_transaction_session_timeout = '0s'"}}
	interleaving(t, "a; b: a", rule{said: unbounded}, func(w *world, said []rewording) (fault string) {
		task := w.create()
		through, commit := w.barrier(said, "apply_results", "commit")
		child := startChild(w.t, "orchestrate", through.url())
		w.answer(task, "a")
		commit.arrive(w)
		require.NoError(w.t, child.Process.Signal(syscall.SIGSTOP))
		other := w.orchestrator()
		require.Zero(w.t, w.tick(other).Applied, "the result is in the hands of the stopped one")
		stopped := time.Now()
		for w.stepState(task, "a") == "enqueued" {
			if time.Since(stopped) > 7*time.Second && said != nil {
				return "the stopped orchestrator holds its locks"
			}
			require.Less(w.t, time.Since(stopped), 30*time.Second)
			w.tick(other)
			look(w.t.Context())
		}
		commit.letGo()
		require.NoError(w.t, child.Process.Signal(syscall.SIGCONT))
		w.eventually("step b", func() bool { return w.stepState(task, "b") == "enqueued" })
		w.answer(task, "b")
		w.eventually("the end", func() bool { return w.taskState(task) == "complete" })
		require.Equal(w.t, 2, w.number(`SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'`))
		return ""
	})
}
