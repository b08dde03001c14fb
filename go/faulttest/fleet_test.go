package faulttest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// Crowds: many at once, and one beside many.

// fanIn is a template of some steps that wait for nobody and one that waits for all of them.
func fanIn(parents int) string {
	names := make([]string, parents)
	for i := range names {
		names[i] = fmt.Sprint("p", i)
	}
	return strings.Join(names, ";") + "; last: " + strings.Join(names, " ")
}

// TestThousandParentsFinishInOneInstant: forty workers answer a thousand parents in transactions that commit in the same
// instant, three orchestrators apply the results and somebody holds an old snapshot. The child goes out exactly once.
func TestThousandParentsFinishInOneInstant(t *testing.T) {
	t.Parallel()
	const workers, each = 40, 25
	w := newWorld(t, fanIn(workers*each))
	w.session("idle").do(`BEGIN ISOLATION LEVEL REPEATABLE READ`).do(`SELECT FROM tasker.tasks`)
	task := w.create()
	for range 3 {
		w.orchestrator().Start()
	}
	var ready, all sync.WaitGroup
	instant := make(chan struct{})
	for i := range workers {
		s := w.session(fmt.Sprint("worker ", i))
		ready.Add(1)
		all.Go(func() {
			var msgIDs []int64
			s.do(`BEGIN`)
			err := s.conn.QueryRow(t.Context(), `SELECT array_agg(msg_id) FROM tasker.read_steps('demo', 30, $1, 'worker')`, each).Scan(&msgIDs)
			if err == nil {
				_, err = s.conn.Exec(t.Context(), `SELECT tasker.reply_steps('demo', (SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id,
					'result', jsonb_build_object('protocol', 1, 'step_id', message -> 'step_id', 'task_id', message -> 'task_id',
					'attempt', message -> 'attempt', 'status', 'success', 'results', 1))) FROM pgmq.q_demo_queue WHERE msg_id = ANY ($1)))`, msgIDs)
			}
			ready.Done()
			<-instant
			if err == nil {
				err = s.try(`COMMIT`)
			}
			if err != nil || len(msgIDs) != each {
				t.Errorf("%s: %d messages, %v", s.name, len(msgIDs), err)
			}
		})
	}
	ready.Wait()
	close(instant)
	all.Wait()
	w.eventually("the child", func() bool { return w.stepState(task, "last") == "enqueued" })
	w.answer(task, "last")
	w.eventually("the end", func() bool { return w.taskState(task) == "complete" })
	w.exec(`SELECT pgmq.purge_queue('demo_queue')`)
	w.requireSound()
	require.Equal(t, 1, w.number(`SELECT attempt FROM tasker.steps WHERE name = 'last'`))
}

// TestSmallTenantBesideABigOne: a tenant with a hundred thousand ready steps does not delay another one. Its queue never
// holds more than its window, and each of the small tenant's steps goes out with the very tick that frees it.
func TestSmallTenantBesideABigOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a; b: a; c: b")
	w.register("big", "job", fanIn(1000))
	w.exec(`SELECT count(*) FROM tasker.create_tasks((SELECT jsonb_agg('{"namespace": "big", "name": "job"}'::jsonb) FROM generate_series(1, 100)))`)
	require.Equal(t, 100_000, w.number(`SELECT count(*) FROM tasker.steps WHERE state IN ('pending', 'enqueued') AND unmet_dependencies = 0`))
	o := w.orchestrator()
	w.tick(o)
	var tasks []string
	for range 10 {
		tasks = append(tasks, w.create())
	}
	for i, step := range []string{"a", "b", "c"} {
		for _, task := range tasks {
			require.Equal(t, "enqueued", w.stepState(task, step))
			w.answer(task, step)
		}
		require.Equal(t, 10, w.tick(o).Applied, "tick %d", i)
		require.LessOrEqual(t, w.number(`SELECT count(*) FROM pgmq.q_big_queue`), 1000)
	}
	for _, task := range tasks {
		require.Equal(t, "complete", w.taskState(task))
	}
}

// TestUrgentTaskInABurst: ten thousand steps of low priority are ready when an urgent task comes. Its first step is the
// first of the next ones that go out.
func TestUrgentTaskInABurst(t *testing.T) {
	inOrder := rewriting{"tasker.dispatch_rank", "* 0.1 - priority", "* 0.1"}
	interleaving(t, "a", rule{sql: []rewriting{inOrder}}, func(w *world, _ []rewording) (fault string) {
		w.register("demo", "wide", fanIn(1000))
		for range 10 {
			w.exec(`SELECT tasker.create_task($1::jsonb)`, request("wide", "priority", -50))
		}
		o := w.orchestrator()
		w.tick(o)
		require.Equal(w.t, 1000, w.number(`SELECT count(*) FROM pgmq.q_demo_queue`))
		urgent := w.create("priority", 100)
		require.Equal(w.t, "pending", w.stepState(urgent, "a"))
		newest := w.number(`SELECT max(msg_id) FROM pgmq.q_demo_queue`)
		answered, err := worker{pool: w.pool, namespace: "demo", lease: 30, quantity: 50}.round(w.t.Context())
		require.NoError(w.t, err)
		require.Equal(w.t, 50, answered)
		w.tick(o)
		require.Equal(w.t, 50, w.number(`SELECT count(*) FROM pgmq.q_demo_queue WHERE msg_id > $1`, newest))
		if w.text(`SELECT message ->> 'task_id' FROM pgmq.q_demo_queue WHERE msg_id > $1 ORDER BY msg_id LIMIT 1`, newest) != urgent {
			return "others go out before the urgent task"
		}
		return ""
	})
}

// chain is a template of steps that each wait for the one before.
func chain(steps int) string {
	all := make([]string, steps)
	for i := range all {
		all[i] = fmt.Sprintf("s%d: s%d", i, i-1)
	}
	all[0] = "s0"
	return strings.Join(all, ";")
}

// TestAgeOutweighsPriority: a task of the lowest priority goes before newcomers of the highest after 2,000 seconds.
func TestAgeOutweighsPriority(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	for seconds, first := range map[int]int{1999: 0, 2001: 1} {
		require.Equal(t, first, w.number(`SELECT (tasker.dispatch_rank(-100, t - make_interval(secs => $1)) < tasker.dispatch_rank(100, t))::integer
			FROM clock_timestamp() t`, seconds))
	}
}

// TestNobodyStarves: tasks of twenty steps in a chain, whose children compete with the roots of newcomers for a window of
// ten, and as many newcomers arrive in every round as it has room for. The older tasks come first, so they are through
// when they alone have filled the window as often as their steps take, a round in ten more at most. Without the rule, with
// the newest first, they never get there.
func TestNobodyStarves(t *testing.T) {
	newestFirst := rewriting{"tasker.dispatch_rank", "SELECT extract(epoch FROM created_at)", "SELECT -extract(epoch FROM created_at)"}
	const tasks, steps, window = 20, 20, 10
	interleaving(t, chain(steps), rule{sql: []rewriting{newestFirst}}, func(w *world, _ []rewording) (fault string) {
		w.exec(`UPDATE tasker.namespaces SET dispatch_window = $1`, window)
		w.register("demo", "newcomer", "a")
		for range tasks {
			w.create()
		}
		o, err := orchestrator.Open(w.t.Context(), orchestrator.Config{DatabaseURL: w.url})
		require.NoError(w.t, err)
		w.t.Cleanup(o.Close)
		working := worker{pool: w.pool, namespace: "demo", plain: true, lease: 30, quantity: window}
		for range tasks*steps/window + tasks*steps/window/10 {
			w.exec(`SELECT count(*) FROM tasker.create_tasks((SELECT jsonb_agg($1::jsonb) FROM generate_series(1, $2::integer)))`, request("newcomer"), window)
			w.tick(o)
			_, err := working.round(context.WithoutCancel(w.t.Context()))
			require.NoError(w.t, err)
			require.LessOrEqual(w.t, w.number(`SELECT count(*) FROM pgmq.q_demo_queue`), 2*window)
		}
		w.tick(o)
		if open := w.number(`SELECT count(*) FROM tasker.tasks t JOIN tasker.templates USING (template_id) WHERE name = 'job' AND state <> 'complete'`); open > 0 {
			return fmt.Sprintf("%d of %d old tasks are still waiting", open, tasks)
		}
		return ""
	})
}
