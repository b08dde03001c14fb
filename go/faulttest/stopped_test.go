package faulttest

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// workAsChild is a plain worker in a process of its own, with a lease of a second.
func workAsChild(url string) error {
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		return err
	}
	fmt.Println("up")
	worker{pool: pool, namespace: "demo", plain: true, lease: 1, quantity: 1}.work(context.Background())
	return nil
}

// TestStoppedWorkerComesBack: a worker is stopped with SIGSTOP when it is about to reply, for longer than its lease.
// Another one does the step; when the first wakes up, its reply finds that the message is not its own any more, and
// nothing of it is left. A worker that does not look, and sends its result all the same, is answered by the fence.
func TestStoppedWorkerComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a; b: a")
	task := w.create()
	through, send := w.barrier(nil, "pgmq.read", "pgmq.send")
	child := startChild(t, "work", through.url())
	send.arrive(w)
	require.NoError(t, child.Process.Signal(syscall.SIGSTOP))
	o := w.orchestrator()
	other := worker{pool: w.pool, namespace: "demo", plain: true, lease: 30, quantity: 1}
	w.eventually("the other worker's turn", func() bool {
		n, err := other.round(t.Context())
		return err == nil && n == 1
	})
	require.Equal(t, 1, w.tick(o).Applied)
	require.Equal(t, "enqueued", w.stepState(task, "b"))

	send.letGo()
	require.NoError(t, child.Process.Signal(syscall.SIGCONT))
	w.eventually("the end", func() bool {
		w.tick(o)
		return w.taskState(task) == "complete"
	})
	w.answer(task, "a")
	report := w.tick(o)
	require.Equal(t, 1, report.Stale)
	require.Zero(t, report.Applied)
	w.requireSound()
}

// TestNoConnectionLeft: somebody else has taken every connection that the server gives. Ticks fail meanwhile and change
// nothing, and go on as soon as there is one.
func TestNoConnectionLeft(t *testing.T) {
	t.Parallel()
	s := newHome(t)
	s.connections = 12
	s.run("initdb", "--pgdata", s.data(), "--username=tasker", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	s.start()
	w := s.world("a")
	task := w.create()
	w.answer(task, "a")
	o := w.orchestrator()
	w.tick(o)
	w.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	var greedy []*pgxpool.Conn
	hoard := openPool(t, w.url, 100)
	for {
		conn, err := hoard.Acquire(t.Context())
		if err != nil {
			require.Equal(t, "53300", code(err))
			break
		}
		greedy = append(greedy, conn)
	}
	_, err := o.Tick(t.Context())
	require.Error(t, err)
	for _, conn := range greedy {
		conn.Release()
	}
	hoard.Close()
	next := w.create()
	w.answer(next, "a")
	w.eventually("the tick", func() bool {
		_, _ = o.Tick(t.Context())
		return w.taskState(next) == "complete"
	})
	w.exec(`SELECT pgmq.purge_queue('demo_queue')`)
	w.requireSound()
}
