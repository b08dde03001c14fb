package orchestrator_test

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// swallowed is a connection on which the one statement that contains some words gets lost on its way, as on a cut cable.
type swallowed struct {
	net.Conn
	words string
	lost  *atomic.Bool
}

func (s swallowed) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(s.words)) && s.lost.CompareAndSwap(false, true) {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// swallowing gives the configuration of an orchestrator on whose connections the first such statement gets lost.
func swallowing(url, words string) (orchestrator.Config, *atomic.Bool) {
	lost := &atomic.Bool{}
	return orchestrator.Config{DatabaseURL: url,
		Dialed: func(conn net.Conn) net.Conn { return swallowed{conn, words, lost} }}, lost
}

// TestWaitIsAnswered: what Wait asks gets lost. It says so, though its caller has time without end.
func TestWaitIsAnswered(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"LISTEN", "SELECT state"} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			c, lost := swallowing(dbtest.URL(t), words)
			o, err := orchestrator.Open(t.Context(), c)
			require.NoError(t, err)
			t.Cleanup(o.Close)
			ended := make(chan error, 1)
			background(t, func(ctx context.Context) {
				_, err := o.Wait(ctx, "00000000-0000-0000-0000-000000000000")
				ended <- err
			})
			select {
			case err := <-ended:
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.True(t, lost.Load())
			case <-time.After(30 * time.Second):
				t.Fatal("it waits and waits")
			}
		})
	}
}

// TestListensInTheEnd: the loop's LISTEN gets lost. It is sent again, on a new connection.
func TestListensInTheEnd(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	c, lost := swallowing(url, "LISTEN")
	o, err := orchestrator.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(o.Close)
	o.Start()
	pool := openPool(t, url)
	require.Eventually(t, func() bool {
		return lost.Load() && ask[bool](t, pool, `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE 'LISTEN %')`)
	}, 30*time.Second, 10*time.Millisecond)
}
