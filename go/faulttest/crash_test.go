package faulttest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// Every connection is cut once at every exchange of every stage, before the server sees it and after it has done it, and
// the work goes on with new connections. Whatever the moment, in the end every task is complete, each step was accepted
// once, no attempt went out twice and nothing is left on a queue.

// diamond has a fan-out, a retry and a fan-in.
const diamond = "a; flaky: a; c: a; d: flaky c"

// cutter cuts the connection at one exchange of those that are counted.
type cutter struct {
	at    atomic.Int64 // 0: nowhere
	count atomic.Int64
	cut   atomic.Bool

	how          fate
	next, stride int64 // the place to cut next, and how far it is from one to the other
}

func (c *cutter) decide(e *exchange) fate {
	if at := c.at.Load(); at == 0 || e.says("LISTEN") || c.count.Add(1) != at {
		return pass
	}
	c.cut.Store(true)
	return c.how
}

// begin begins to count.
func (c *cutter) begin() {
	c.count.Store(0)
	c.cut.Store(false)
	c.at.Store(c.next)
}

// everywhere runs a scenario with the connection cut at the first exchange, at the second and so on, until it ends
// without having come to the one that was to be cut. For the server, cut before an exchange is cut after the one before, so
// every fourth place is enough there: only what the client knows is different.
func everywhere(t *testing.T, steps string, play func(w *world, through *proxy, c *cutter, run int)) {
	t.Helper()
	t.Parallel()
	for name, c := range map[string]*cutter{"before": {how: cutBefore, stride: 4}, "after": {how: cutAfter, stride: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, steps)
			w.register("demo", "leaf", "a")
			w.exec(`UPDATE tasker.namespaces SET dispatch_window = 2`)
			through := newProxy(t, w.url, c.decide)
			run := 0
			for n := int64(1); ; n += c.stride {
				run++
				c.next = n
				play(w, through, c, run)
				if run%8 == 0 { // what is wrong in a history stays wrong
					w.requireSound()
				}
				if !c.cut.Load() {
					break
				}
			}
			w.requireSound()
			require.Greater(t, run, 3, "hardly anything was cut")
			t.Logf("cut at %d places", run-1)
		})
	}
}

// TestOrchestratorCutAnywhere cuts the orchestrator off while it admits, creates, applies with children and with a
// retry, hands out, brings to rest, and sends again what was purged. The window has room for two: some of it waits for
// enqueue.
func TestOrchestratorCutAnywhere(t *testing.T) {
	everywhere(t, diamond, func(w *world, through *proxy, c *cutter, run int) {
		o, err := orchestrator.Open(w.t.Context(), orchestrator.Config{DatabaseURL: through.url(), PoolSize: 1, BatchSize: 2,
			SweepInterval: time.Microsecond, Lease: time.Nanosecond})
		require.NoError(w.t, err)
		defer o.Close()
		w.exec(`SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`, request("leaf", "idempotency_key", fmt.Sprint("queue ", run)))
		c.begin()
		w.eventually("the created task", func() bool {
			_, err := o.CreateTask(w.t.Context(), tasker.Request{Namespace: "demo", Name: "job", IdempotencyKey: fmt.Sprint("call ", run)})
			return err == nil
		})
		w.exec(`SELECT pgmq.purge_queue('demo_queue')`)
		w.throughToTheEnd(func(ctx context.Context) { _, _ = o.Tick(ctx) }, worker{pool: w.pool, namespace: "demo", lease: 30, quantity: 10}.once, 2*run)
	})
}

// TestWorkerCutAnywhere cuts a worker off while it reads, announces and replies, both kinds of workers. The leases of
// what it had in its hands are over at once.
func TestWorkerCutAnywhere(t *testing.T) {
	for name, plain := range map[string]bool{"ours": false, "plain": true} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, diamond, func(w *world, through *proxy, c *cutter, run int) {
				o := w.orchestrator()
				defer o.Close()
				pool := openPool(w.t, through.url(), 1)
				defer pool.Close()
				cut := worker{pool: pool, namespace: "demo", plain: plain, lease: 30, quantity: 10}
				w.create()
				c.begin()
				w.throughToTheEnd(func(ctx context.Context) { _, _ = o.Tick(ctx) }, func(ctx context.Context) {
					if _, err := cut.round(ctx); err != nil {
						w.exec(`UPDATE pgmq.q_demo_queue SET vt = clock_timestamp()`)
					}
				}, run)
			})
		})
	}
}

// once is a round that has to end well.
func (w worker) once(ctx context.Context) { _, _ = w.round(ctx) }

// throughToTheEnd ticks and works in turn until so many tasks are complete.
func (w *world) throughToTheEnd(tick, work func(context.Context), tasks int) {
	w.t.Helper()
	w.eventually("the end of all tasks", func() bool {
		tick(w.t.Context())
		work(w.t.Context())
		return w.number(`SELECT count(*) FROM tasker.tasks WHERE state = 'complete'`) == tasks
	})
}

// requireSound checks the promises over everything in the database, once all tasks are to be complete.
func (w *world) requireSound() {
	w.t.Helper()
	w.requireLegal()
	w.requireNone(map[string]string{
		"tasks that are not complete":                    `SELECT count(*) FROM tasker.tasks WHERE state <> 'complete'`,
		"steps that are not complete":                    `SELECT count(*) FROM tasker.steps WHERE state <> 'complete'`,
		"counts of open parents that are wrong":          `SELECT count(*) FROM tasker.steps WHERE unmet_dependencies <> 0`,
		"steps that failed more often than they were to": `SELECT count(*) FROM tasker.steps WHERE failures > CASE name WHEN 'flaky' THEN 1 ELSE 0 END`,
		"dead letters":  `SELECT count(*) FROM tasker.dead_letters`,
		"requests left": `SELECT count(*) FROM pgmq.q_orchestration_task_requests`,
		"results left":  `SELECT count(*) FROM pgmq.q_orchestration_step_results`,
		"messages left": `SELECT count(*) FROM pgmq.q_demo_queue`,
	})
}

// requireLegal checks what must hold at any time, whatever operators did: the histories.
func (w *world) requireLegal() {
	w.t.Helper()
	w.requireNone(map[string]string{
		"steps that were completed twice":               `SELECT count(*) FROM (SELECT FROM tasker.step_transitions WHERE to_state = 'complete' GROUP BY step_id HAVING count(*) > 1) twice`,
		"attempts that were accepted twice":             `SELECT count(*) FROM (SELECT FROM tasker.step_transitions WHERE from_state IN ('enqueued', 'in_progress') AND to_state IN ('complete', 'waiting_for_retry', 'error', 'skipped') GROUP BY step_id, attempt HAVING count(*) > 1) twice`,
		"attempts that went out twice":                  `SELECT count(*) FROM (SELECT FROM tasker.step_transitions WHERE to_state = 'enqueued' AND from_state <> 'in_progress' GROUP BY step_id, attempt HAVING count(*) > 1) twice`,
		"attempts that are missing in the history":      `SELECT count(*) FROM tasker.steps s WHERE (SELECT count(*) FROM tasker.step_transitions h WHERE h.step_id = s.step_id AND h.to_state = 'enqueued' AND h.from_state <> 'in_progress') <> s.attempt`,
		"histories whose moves do not join":             `SELECT count(*) FROM (SELECT from_state, lag(to_state, 1, 'pending') OVER (PARTITION BY step_id ORDER BY transition_id) AS before FROM tasker.step_transitions) h WHERE from_state <> before`,
		"task histories whose moves do not join":        `SELECT count(*) FROM (SELECT from_state, lag(to_state, 1, 'pending') OVER (PARTITION BY task_id ORDER BY transition_id) AS before FROM tasker.task_transitions) h WHERE from_state <> before`,
		"states that are not the last of their history": `SELECT count(*) FROM tasker.steps s WHERE s.state <> (SELECT to_state FROM tasker.step_transitions h WHERE h.step_id = s.step_id ORDER BY transition_id DESC LIMIT 1)`,
		"deadlocks so far":                              `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`,
	})
}

func (w *world) requireNone(faults map[string]string) {
	w.t.Helper()
	for what, sql := range faults {
		require.Zero(w.t, w.number(sql), what)
	}
}
