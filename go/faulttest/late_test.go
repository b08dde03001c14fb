package faulttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// Callers' long transactions and lost hints.

// TestLateCommitWithALowID: a caller's transaction takes ids of messages, dawdles, and commits after later ones have
// been read and answered. What it sent is still read. Without the rule a reader remembers how far it got.
func TestLateCommitWithALowID(t *testing.T) {
	remember := rewriting{"tasker.read_steps", "named ON true;",
		"named ON true WHERE r.msg_id > coalesce(nullif(current_setting('test.head', true), '')::bigint, 0);"}
	interleaving(t, "a", rule{sql: []rewriting{remember}}, func(w *world, _ []rewording) (fault string) {
		late := w.session("late").do(`BEGIN`)
		late.do(`SELECT tasker.create_task($1::jsonb)`, request("job"))
		w.create()
		worker := w.session("worker")
		const read = `SELECT coalesce(max(msg_id), 0)::text FROM tasker.read_steps('demo', 30, 10, 'worker')`
		head := worker.value(read)
		require.NotEqual(w.t, "0", head)
		worker.do(`SELECT set_config('test.head', $1, false)`, head)
		late.do(`COMMIT`)
		if worker.value(read) == "0" {
			return "the message that was committed late is never read"
		}
		return ""
	})
}

// TestLateRequestAndResult: the same for the orchestrator's queues.
func TestLateRequestAndResult(t *testing.T) {
	remember := []rewording{{"AND vt <= clock_timestamp() ORDER BY", "AND vt <= clock_timestamp() AND msg_id > (SELECT id FROM public.head) ORDER BY"}}
	interleaving(t, "a", rule{said: remember}, func(w *world, said []rewording) (fault string) {
		w.exec(`CREATE TABLE public.head AS SELECT 0 AS id`)
		o := w.orchestrator(w.rewording(said))
		first, second := w.create(), w.create()
		late := w.session("late").do(`BEGIN`)
		late.do(answer, first, []string{"a"}).do(`SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`, request("job"))
		w.answer(second, "a")
		w.exec(`SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`, request("job"))
		report := w.tick(o)
		require.Equal(w.t, [2]int{1, 1}, [2]int{report.Admitted, report.Applied})
		w.exec(`UPDATE public.head SET id = 2`) // the number of what was read on either queue
		late.do(`COMMIT`)
		if report = w.tick(o); report.Admitted != 1 || report.Applied != 1 || w.taskState(first) != "complete" {
			return fmt.Sprintf("of what was committed late, %d requests and %d results are read", report.Admitted, report.Applied)
		}
		return ""
	})
}

// TestLostNotifications: an orchestrator that never hears a notification does everything all the same, by polling.
func TestLostNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a; b: a")
	through := newProxy(t, w.url, nil)
	through.deaf.Store(true)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: through.url(), PollInterval: 20 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	o.Start()
	task := w.create()
	for _, step := range []string{"a", "b"} {
		w.eventually("step "+step, func() bool { return w.stepState(task, step) == "enqueued" })
		w.answer(task, step)
		w.exec(`SELECT pg_notify('tasker.orchestrator', '')`)
	}
	waiting, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	state, err := o.Wait(waiting, task)
	require.NoError(t, err)
	require.Equal(t, "complete", state)
}

// TestWaiterListensFirst: the task ends after the waiter has begun to listen and before it reads the state, with no
// notification after that. It does not wait for the next poll, which is an hour away.
func TestWaiterListensFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	through, read := w.barrier(nil, "LISTEN", "SELECT state FROM tasker.tasks")
	through.deaf.Store(true)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: through.url(), PollInterval: time.Hour})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	task := w.create()
	said := make(chan string, 1)
	go func() {
		state, err := o.Wait(context.WithoutCancel(t.Context()), task)
		if err != nil {
			state = err.Error()
		}
		said <- state
	}()
	read.arrive(w)
	w.answer(task, "a")
	w.tick(w.orchestrator())
	read.letGo()
	w.eventually("the end of the waiting", func() bool { return len(said) > 0 })
	require.Equal(t, "complete", <-said)
}
