package faulttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// What an operator does, between the statements of an orchestrator.

// TestReadyIsReadAgainUnderTheLock: a step that was ready when enqueue looked is cancelled before enqueue has locked
// its task.
func TestReadyIsReadAgainUnderTheLock(t *testing.T) {
	unread := rewriting{"tasker.enqueue_ready", "AND tasker.is_ready(r)", ""}
	interleaving(t, "a", rule{sql: []rewriting{unread}}, func(w *world, _ []rewording) (fault string) {
		w.exec(`UPDATE tasker.namespaces SET dispatch_window = 1`)
		out, task := w.create(), w.create()
		w.exec(`UPDATE tasker.steps SET state = 'complete', completed_at = now() WHERE task_id = $1::text::uuid`, out)
		w.rewrite(gate("tasker.enqueue_ready", "SELECT array_agg(l.task_id) INTO locked"))
		holder := w.session("gate").do(closeGate)
		first := w.session("first").begin(`SELECT tasker.enqueue_ready(10, 'first')`).stopAtGate()
		w.session("operator").do(`SELECT tasker.cancel_task($1::text::uuid, 'operator')`, task)
		holder.do(openGate)
		if err := first.end(); err != nil {
			return "the hand-out fails: " + err.Error()
		}
		if state := w.stepState(task, "a"); state != "cancelled" {
			return "a cancelled step is " + state
		}
		return ""
	})
}

// TestRepeatableReadIsToldToTryAgain: a caller in REPEATABLE READ took his snapshot before a result of the task was
// applied, and cancels the only other step. Whoever saw the task as it was would leave it open for ever.
func TestRepeatableReadIsToldToTryAgain(t *testing.T) {
	unlocked := rewriting{"tasker.lock_steps_of", "OFFSET 0 FOR NO KEY UPDATE", "OFFSET 0"}
	interleaving(t, "a; b", rule{sql: []rewriting{unlocked}}, func(w *world, _ []rewording) (fault string) {
		task := w.create()
		o := w.orchestrator()
		caller := w.session("caller").do(`BEGIN ISOLATION LEVEL REPEATABLE READ`)
		caller.value(`SELECT state FROM tasker.tasks WHERE task_id = $1::text::uuid`, task)
		w.answer(task, "a")
		require.Equal(w.t, 1, w.tick(o).Applied)
		err := caller.try(`SELECT tasker.cancel_step($1::text::uuid, 'b', 'caller')`, task)
		if err == nil {
			err = caller.try(`COMMIT`)
		}
		if code(err) == "40001" {
			return ""
		}
		return "the caller is told " + code(err) + ", and the task is " + w.taskState(task)
	})
}

// TestTasksAreLockedInOneOrder: two operators cancel the same tasks, named in opposite order, while a third holds one.
func TestTasksAreLockedInOneOrder(t *testing.T) {
	asAsked := rewriting{"tasker.lock_tasks", "ORDER BY id", "ORDER BY array_position(task_ids, id)"}
	interleaving(t, "a; b", rule{sql: []rewriting{asAsked}}, func(w *world, _ []rewording) (fault string) {
		one, two := w.create(), w.create()
		third := w.session("third").do(`BEGIN`).do(holdTask, one)
		const cancel = `SELECT count(*) FROM tasker.control_tasks('cancel', $1::text[]::uuid[], 'operator')`
		first := w.session("first").begin(cancel, []string{one, two}).mustWait()
		second := w.session("second").begin(cancel, []string{two, one}).mustWait()
		third.do(`ROLLBACK`)
		for _, s := range []*session{first, second} {
			if err := s.end(); err != nil {
				return s.name + ": " + err.Error()
			}
		}
		require.Equal(w.t, "cancelled", w.taskState(two))
		return ""
	})
}

// TestNothingGoesOutAfterAPause: a namespace is paused while an orchestrator hands out in it. Whoever asked for the pause
// may rely on it when he has his answer: either the hand-out is over by then, or it does not happen.
func TestNothingGoesOutAfterAPause(t *testing.T) {
	unlocked := rewriting{"tasker.turn_namespace", "PERFORM pg_advisory_xact_lock(hashtextextended('tasker hand-out', id));", "NULL;"}
	const test, lock = "CONTINUE WHEN tasker.is_paused(namespace.namespace_id);", "IF NOT pg_try_advisory_xact_lock(hashtextextended("
	testedBefore := []rewriting{{"tasker.enqueue_ready", test, ""}, {"tasker.enqueue_ready", lock, test + lock}}
	for name, c := range map[string]struct {
		taken []rewriting
		gate  string
	}{
		"under the lock":  {[]rewriting{unlocked}, "CONTINUE WHEN room <= 0;"},
		"before the lock": {testedBefore, lock},
	} {
		t.Run(name, func(t *testing.T) {
			interleaving(t, "a", rule{sql: c.taken}, func(w *world, _ []rewording) (fault string) {
				w.exec(`UPDATE tasker.namespaces SET dispatch_window = 1`)
				out, task := w.create(), w.create()
				w.exec(`UPDATE tasker.steps SET state = 'complete', completed_at = now() WHERE task_id = $1::text::uuid`, out)
				w.rewrite(gate("tasker.enqueue_ready", c.gate))
				holder := w.session("gate").do(closeGate)
				tick := w.session("tick").begin(`SELECT tasker.enqueue_ready(10, 'tick')`).stopAtGate()
				operator := w.session("operator").begin(`SELECT tasker.pause_namespace('demo', 'operator')`)
				paused := !operator.waits()
				holder.do(openGate)
				tick.mustEnd()
				operator.mustEnd()
				if state := w.stepState(task, "a"); paused && state != "pending" {
					return "a step went out after the pause"
				}
				return ""
			})
		})
	}
}

// TestEverybodyAtOnce: two orchestrators, four workers, three operators who name the same tasks and steps in any order,
// and somebody who starts tasks, for as long as it takes to make two hundred. Nobody closes a circle, and every history is legal.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, diamond)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 2 {
		w.orchestrator().Start()
	}
	for _, plain := range []bool{false, false, true, true} {
		one := worker{pool: openPool(t, w.url, 1), namespace: "demo", plain: plain, lease: 1, quantity: 5}
		all.Go(func() { one.work(ctx) })
	}
	for i := range 3 {
		operator := w.session(fmt.Sprint("operator ", i))
		all.Go(func() {
			for ctx.Err() == nil {
				if err := operator.try(operations[rand.N(len(operations))]); err != nil && ctx.Err() == nil {
					t.Errorf("%s: %v", operator.name, err)
					return
				}
			}
		})
	}
	for range 200 {
		w.create()
	}
	cancel()
	all.Wait()
	w.exec(`SELECT tasker.resume_namespace('demo', 'operator')`)
	w.exec(`SELECT tasker.control_tasks('resume', ARRAY(SELECT task_id FROM tasker.tasks WHERE paused), 'operator')`)
	last := worker{pool: w.pool, namespace: "demo", plain: true, lease: 1, quantity: 10}
	w.eventually("the end of all tasks", func() bool {
		last.once(t.Context())
		return w.number(`SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL`) == 0
	})
	w.requireLegal()
}

// operations are what operators do here: always several at once, in any order.
var operations = []string{
	`SELECT count(*) FROM tasker.control_tasks('cancel', ARRAY(SELECT task_id FROM tasker.tasks WHERE completed_at IS NULL ORDER BY random() LIMIT 2), 'operator')`,
	`SELECT count(*) FROM tasker.control_tasks('pause', ARRAY(SELECT task_id FROM tasker.tasks ORDER BY random() LIMIT 5), 'operator')`,
	`SELECT count(*) FROM tasker.control_tasks('resume', ARRAY(SELECT task_id FROM tasker.tasks ORDER BY random() LIMIT 20), 'operator')`,
	`SELECT count(*) FROM tasker.control_steps('skip', ARRAY(SELECT step_id FROM tasker.steps WHERE completed_at IS NULL ORDER BY random() LIMIT 5), 'operator')`,
	`SELECT count(*) FROM tasker.control_steps('resolve', ARRAY(SELECT step_id FROM tasker.steps ORDER BY random() LIMIT 5), 'operator', NULL, '"by hand"')`,
	`SELECT count(*) FROM tasker.control_steps('cancel', ARRAY(SELECT step_id FROM tasker.steps ORDER BY random() LIMIT 2), 'operator')`,
	`SELECT tasker.pause_namespace('demo', 'operator')`,
	`SELECT tasker.resume_namespace('demo', 'operator')`,
	`SELECT tasker.resume_namespace('demo', 'operator')`,
	`SELECT count(*) FROM tasker.sweep(1, 10, 'operator')`,
}
