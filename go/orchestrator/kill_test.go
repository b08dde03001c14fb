package orchestrator_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// victim names the database that this test program, started again as a child, orchestrates until it is killed.
const victim = "TASKER_TEST_ORCHESTRATE"

func TestMain(m *testing.M) {
	if url := os.Getenv(victim); url != "" {
		orchestrateUntilKilled(url)
	}
	if url := os.Getenv(deadlyWork); url != "" {
		workUntilKilled(url)
	}
	os.Exit(m.Run())
}

func orchestrateUntilKilled(url string) {
	o, err := orchestrator.Open(context.Background(), orchestrator.Config{DatabaseURL: url, BatchSize: 10})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("up")
	o.Run(context.Background())
}

// TestKilledOrchestrator kills an orchestrator with SIGKILL at fifty random moments while it works. Whatever moment it
// was, the transaction in hand is gone and the next orchestrator goes on: all tasks complete, nothing counts twice.
func TestKilledOrchestrator(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	pool := openPool(t, url)
	names := registerConformance(t, open(t, url))
	work(t, 2, plainWorker{pool, "conformance", 2 * time.Second})
	e := expected(t)
	tasks := 0
	for range 50 {
		for range 4 {
			createBySQL(t, pool, names[tasks%len(names)], e.Context)
			tasks++
		}
		killAtRandomMoment(t, url)
	}
	last := open(t, url)
	last.Start()
	requireComplete(t, pool, tasks)
	requireAccepted(t, pool)
}

// killAtRandomMoment runs an orchestrator as a process of its own and kills it while it works.
func killAtRandomMoment(t *testing.T, url string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very program
	child.Env = append(os.Environ(), victim+"="+url)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	_, err = out.Read(make([]byte, 3))
	require.NoError(t, err, "the orchestrator did not come up")
	wait(t.Context(), rand.N(60*time.Millisecond))
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() //nolint:errcheck // it was killed
}
