package faulttest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/schema"
)

// load is somebody who starts tasks, two orchestrators and two workers of each kind, all at work until it is ended.
type load struct {
	w      *world
	tasks  atomic.Int64 // how many were asked for, and answered
	cancel context.CancelFunc
	all    sync.WaitGroup
}

func (w *world) load() *load {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{w: w, cancel: cancel}
	w.t.Cleanup(func() { cancel(); l.all.Wait() })
	for range 2 {
		o, err := orchestrator.Open(w.t.Context(), orchestrator.Config{DatabaseURL: w.url, PollInterval: 100 * time.Millisecond})
		require.NoError(w.t, err)
		w.t.Cleanup(o.Close)
		o.Start()
	}
	for _, plain := range []bool{false, false, true, true} {
		one := worker{pool: openPool(w.t, w.url, 1), namespace: "demo", plain: plain, lease: 1, quantity: 5}
		l.all.Go(func() { one.work(ctx) })
	}
	l.all.Go(func() { l.start(ctx) })
	return l
}

// start asks for tasks one after the other. A key makes sure that asking again, when the answer was lost, makes no other.
func (l *load) start(ctx context.Context) {
	pool := openPool(l.w.t, l.w.url, 1)
	for n := 1; ctx.Err() == nil; {
		_, err := pool.Exec(ctx, `SELECT tasker.create_task($1::jsonb)`, request("job", "idempotency_key", fmt.Sprint(n)))
		if err == nil {
			l.tasks.Store(int64(n))
			n++
		}
		look(ctx)
	}
}

// complete counts the tasks that are complete, as far as the server answers.
func (l *load) complete() (n int64) {
	ctx, cancel := context.WithTimeout(l.w.t.Context(), time.Second)
	defer cancel()
	if l.w.pool.QueryRow(ctx, `SELECT count(*) FROM tasker.tasks WHERE state = 'complete'`).Scan(&n) != nil {
		return -1
	}
	return n
}

// mustFlow waits until ten more tasks, asked for from now on, are complete, which may take no longer than within.
func (l *load) mustFlow(within time.Duration) {
	l.w.t.Helper()
	began := time.Now()
	key := fmt.Sprint(l.tasks.Load() + 10)
	eventually(l.w.t, "the work going on", within, func() bool {
		var state string
		ctx, cancel := context.WithTimeout(l.w.t.Context(), time.Second)
		defer cancel()
		err := l.w.pool.QueryRow(ctx, `SELECT state FROM tasker.tasks WHERE idempotency_key = $1`, key).Scan(&state)
		return err == nil && state == "complete"
	})
	l.w.t.Logf("flows again after %s", time.Since(began).Round(time.Millisecond))
}

// end stops the starter, waits until every task is complete and checks all promises.
func (l *load) end() {
	l.w.t.Helper()
	for l.tasks.Load() == 0 {
		look(l.w.t.Context())
	}
	asked := l.tasks.Load()
	l.w.eventually("the end of all tasks", func() bool { return l.complete() >= asked })
	l.cancel()
	l.all.Wait()
	o := l.w.orchestrator()
	last := worker{pool: l.w.pool, namespace: "demo", plain: true, lease: 1, quantity: 10}
	l.w.eventually("the end of what was still asked for", func() bool {
		l.w.tick(o)
		last.once(l.w.t.Context())
		return l.w.number(`SELECT count(*) FROM tasker.tasks WHERE state <> 'complete'`) == 0
	})
	l.w.drainStale(o)
	l.w.requireSound()
	l.w.t.Logf("%d tasks", l.w.number(`SELECT count(*) FROM tasker.tasks`))
}

// drainStale lets the leases of messages pass that belong to attempts which were answered meanwhile: they are read once
// more, and answered stale.
func (w *world) drainStale(o *orchestrator.Orchestrator) {
	w.t.Helper()
	last := worker{pool: w.pool, namespace: "demo", plain: true, lease: 1, quantity: 10}
	w.eventually("empty queues", func() bool {
		w.tick(o)
		last.once(w.t.Context())
		return w.number(`SELECT (SELECT count(*) FROM pgmq.q_demo_queue) + (SELECT count(*) FROM pgmq.q_orchestration_step_results)`) == 0
	})
}

// TestDatabaseGoesAndComes: PostgreSQL crashes under load, is stopped for ten seconds, and has its backends terminated
// twice a second. Everybody is back within five seconds, and nothing is lost or done twice.
func TestDatabaseGoesAndComes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	l := s.world(diamond).load()
	l.mustFlow(patience)
	for range 2 {
		s.stop("immediate")
		s.start()
		l.mustFlow(5 * time.Second)
	}
	s.stop("fast")
	wait(t.Context(), 10*time.Second)
	s.start()
	l.mustFlow(5 * time.Second)
	for range 10 {
		l.w.eventually("terminated backends", func() bool {
			_, err := l.w.pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			return err == nil
		})
		wait(t.Context(), 500*time.Millisecond)
	}
	l.mustFlow(5 * time.Second)
	l.end()
}

// wait lets time pass where time itself is the fault.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// TestReplicaIsRefused: nobody works on a replica, and once it is promoted everybody does.
func TestReplicaIsRefused(t *testing.T) {
	t.Parallel()
	primary := newServer(t)
	primary.world("a")
	replica := newHome(t)
	replica.run("pg_basebackup", "--pgdata", replica.data(), "--dbname", primary.url(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	replica.start()
	for _, unmigrated := range []bool{false, true} {
		o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: replica.url(), Unmigrated: unmigrated})
		if err == nil {
			err = o.Migrate(t.Context())
			o.Close()
		}
		require.ErrorIs(t, err, schema.ErrReplica)
	}
	primary.stop("immediate")
	replica.run("pg_ctl", "promote", "--wait", "--pgdata", replica.data())
	w := &world{t: t, url: replica.url(), pool: openPool(t, replica.url(), 4)}
	task := w.create()
	w.answer(task, "a")
	w.settle(w.orchestrator())
	require.Equal(t, "complete", w.taskState(task))
}
