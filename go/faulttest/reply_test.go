package faulttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Replies by tasker.reply: what the handler did to the database is in the reply's own transaction, so it must be there
// exactly once for each step that is complete, and never otherwise.

const takeStep = `SELECT msg_id::text FROM tasker.read_steps('demo', 30, 1, 'worker') WHERE answer = 'started'`

const replyStep = `SELECT tasker.reply('demo', $1::text::bigint, $2, jsonb_build_object('protocol', 1, 'step_id', step_id,
	'task_id', task_id, 'attempt', attempt, 'status', 'success', 'results', name))::text
	FROM tasker.steps WHERE task_id = $3::text::uuid AND name = 'a'`

// effects is what handlers leave behind in these tests.
const effects = `CREATE TABLE public.effects (step_id bigint)`

// replying is a worker in the middle of a transactional handler.
func (w *world) replying(task string) (s *session, msgID string) {
	w.t.Helper()
	s = w.session("worker")
	msgID = s.value(takeStep)
	s.do(`BEGIN`).do(`INSERT INTO public.effects SELECT step_id FROM tasker.steps WHERE task_id = $1::text::uuid AND name = 'a'`, task)
	return s, msgID
}

// inexact says which steps have other effects than their state allows, or nothing.
func (w *world) inexact() (fault string) {
	w.t.Helper()
	return w.text(`SELECT coalesce(string_agg(format('step %s is %s with %s effects', step_id, state, there), '; '), '') FROM (
		SELECT s.step_id, s.state, (SELECT count(*) FROM public.effects e WHERE e.step_id = s.step_id) AS there
		  FROM tasker.steps s) x WHERE there <> CASE state WHEN 'complete' THEN 1 ELSE 0 END`)
}

// waitingReply replies where somebody is to be waited for; what is said then comes later.
func (s *session) waitingReply(msgID, task string) <-chan string {
	s.w.t.Helper()
	said := make(chan string, 1)
	go func() {
		var answer string
		if err := s.conn.QueryRow(s.w.t.Context(), replyStep, msgID, 1, task).Scan(&answer); err != nil {
			answer = err.Error()
		}
		said <- answer
	}()
	s.w.eventually("the reply's waiting or its end", func() bool {
		return len(said) > 0 || s.w.number(blockedOn, []int32{int32(s.pid)}) > 0 //nolint:gosec // a pid
	})
	return said
}

// finish ends the handler's transaction as the answer to its reply demands.
func (s *session) finish(answer string) {
	s.w.t.Helper()
	s.do(map[string]string{"true": `COMMIT`, "false": `ROLLBACK`}[answer])
}

// unlocked is a reply that does not lock its step, and so judges what others are changing.
var unlocked = rewriting{"tasker.reply", "\n     FOR NO KEY UPDATE;", ";"}

// TestReplyWaitsForACancel: a step is cancelled while its handler runs, and the cancel is not committed yet when it replies.
func TestReplyWaitsForACancel(t *testing.T) {
	interleaving(t, "a", rule{sql: []rewriting{unlocked}}, func(w *world, _ []rewording) (fault string) {
		w.exec(effects)
		task := w.create()
		handler, msgID := w.replying(task)
		operator := w.session("operator").do(`BEGIN`).do(`SELECT tasker.cancel_task($1::text::uuid, 'operator')`, task)
		said := handler.waitingReply(msgID, task)
		operator.do(`COMMIT`)
		handler.finish(<-said)
		return w.inexact()
	})
}

// TestCancelFindsAReply: a handler has replied, and its transaction is not committed when the task is cancelled; or it is,
// and no orchestrator has applied the result yet.
func TestCancelFindsAReply(t *testing.T) {
	for name, c := range map[string]struct {
		control, function string
	}{
		"task": {`SELECT state FROM tasker.control_tasks('cancel', ARRAY[$1::text::uuid], 'operator')`, "tasker.control_tasks"},
		"step": {`SELECT s.state FROM tasker.control_steps('cancel', ARRAY(SELECT step_id FROM tasker.steps
			WHERE task_id = $1::text::uuid AND name = 'a'), 'operator') s`, "tasker.control_steps"},
	} {
		unasked := rewriting{c.function, "PERFORM tasker.apply_replies(task", "--"}
		for when, late := range map[string]bool{"before its commit": false, "after it": true} {
			t.Run(name+" "+when, func(t *testing.T) {
				interleaving(t, "a; b: a", rule{sql: []rewriting{unasked}}, func(w *world, _ []rewording) (fault string) {
					w.exec(effects)
					task := w.create()
					handler, msgID := w.replying(task)
					require.Equal(w.t, "true", handler.value(replyStep, msgID, 1, task))
					operator := w.session("operator")
					if late {
						handler.do(`COMMIT`)
						operator.do(c.control, task)
					} else {
						operator.begin(c.control, task).mustWait()
						handler.do(`COMMIT`)
						operator.mustEnd()
					}
					w.settle(w.orchestrator())
					return w.inexact()
				})
			})
		}
	}
}

// TestCancelFindsTheLastReply: the step that replied was the task's last, so there is nothing left to cancel.
func TestCancelFindsTheLastReply(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	w.exec(effects)
	task := w.create()
	handler, msgID := w.replying(task)
	handler.finish(handler.value(replyStep, msgID, 1, task))
	err := w.session("operator").try(`SELECT tasker.cancel_task($1::text::uuid, 'operator')`, task)
	require.Equal(t, "TK422", code(err))
	require.Equal(t, "in_progress", w.taskState(task), "the refusal changes nothing")
	w.settle(w.orchestrator())
	require.Equal(t, "complete", w.taskState(task))
}

// TestRepeatableReadCancelIsToldToTryAgain: a caller in REPEATABLE READ took his snapshot before the handler replied.
func TestRepeatableReadCancelIsToldToTryAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a; b: a")
	w.exec(effects)
	task := w.create()
	handler, msgID := w.replying(task)
	caller := w.session("caller").do(`BEGIN ISOLATION LEVEL REPEATABLE READ`)
	caller.value(`SELECT state FROM tasker.tasks WHERE task_id = $1::text::uuid`, task)
	handler.finish(handler.value(replyStep, msgID, 1, task))
	require.Equal(t, "40001", code(caller.try(`SELECT tasker.cancel_task($1::text::uuid, 'caller')`, task)))
	w.settle(w.orchestrator())
	require.Empty(t, w.inexact())
}

// TestReplyWaitsForAnApply: another result of the attempt, by a worker that does not keep to the protocol, is applied
// while the handler replies.
func TestReplyWaitsForAnApply(t *testing.T) {
	interleaving(t, "a", rule{sql: []rewriting{unlocked}}, func(w *world, _ []rewording) (fault string) {
		w.exec(effects)
		task := w.create()
		handler, msgID := w.replying(task)
		w.exec(`SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id, 'task_id', task_id,
			'attempt', attempt, 'status', 'failed')) FROM tasker.steps`)
		through, commit := w.barrier(nil, "apply_results", "commit")
		tick := w.beginTick(w.orchestrator(through))
		commit.arrive(w)
		said := handler.waitingReply(msgID, task)
		commit.letGo()
		tick.end()
		handler.finish(<-said)
		w.settle(w.orchestrator())
		return w.inexact()
	})
}

// TestALostLeaseCannotReply: a worker stood still until its lease was over and another had its message.
func TestALostLeaseCannotReply(t *testing.T) {
	anybody := rewriting{"tasker.reply", "q.msg_id = $1 AND q.read_ct = $2", "q.msg_id = $1 AND $2 IS NOT NULL"}
	interleaving(t, "a", rule{sql: []rewriting{anybody}}, func(w *world, _ []rewording) (fault string) {
		w.exec(effects)
		task := w.create()
		first, msgID := w.replying(task)
		w.exec(`UPDATE pgmq.q_demo_queue SET vt = clock_timestamp()`)
		second, again := w.replying(task)
		require.Equal(w.t, msgID, again)
		answer := first.value(replyStep, msgID, 1, task)
		first.finish(answer)
		if answer == "true" {
			fault = "a worker that lost its lease is believed"
		}
		second.finish(second.value(replyStep, msgID, 2, task))
		w.settle(w.orchestrator())
		require.Empty(w.t, w.inexact())
		return fault
	})
}

// TestAReplyOutlivesItsQueue: the handler has replied, and the results are purged, or lost with all of schema pgmq, before an
// orchestrator saw them. The step is complete all the same, and nobody does it again; what it gave is there.
func TestAReplyOutlivesItsQueue(t *testing.T) {
	forgotten := rewriting{"tasker.resend_suspects", "PERFORM tasker.complete_replied(chosen, actor)", "PERFORM 1"}
	for how, lose := range map[string]string{
		"purged": `SELECT pgmq.purge_queue('orchestration_step_results')`,
		"made anew": `SELECT pgmq.drop_queue('orchestration_step_results'), pgmq.drop_queue('demo_queue'), pgmq.create('demo_queue'),
			pgmq.create('orchestration_step_results')`,
	} {
		t.Run(how, func(t *testing.T) {
			interleaving(t, "a; b: a", rule{sql: []rewriting{forgotten}}, func(w *world, _ []rewording) (fault string) {
				w.exec(effects)
				task := w.create()
				handler, msgID := w.replying(task)
				handler.finish(handler.value(replyStep, msgID, 1, task))
				w.exec(lose)
				require.Equal(w.t, 1, w.number(`SELECT suspected FROM tasker.sweep(0, 100, 'sweep')`))
				w.exec(`SELECT FROM tasker.sweep(0, 100, 'sweep')`)
				if w.number(`SELECT count(*) FROM pgmq.q_demo_queue`) > 0 {
					again, msgID := w.replying(task)
					again.finish(again.value(replyStep, msgID, 1, task))
					w.settle(w.orchestrator())
					return w.inexact()
				}
				require.Equal(w.t, `"a"`, w.text(`SELECT results::text FROM tasker.steps WHERE name = 'a' AND reply IS NULL`))
				w.tick(w.orchestrator())
				require.Equal(w.t, "enqueued", w.stepState(task, "b"))
				w.requireLegal()
				return w.inexact()
			})
		})
	}
}

// TestAReplyIsNotOverruled: a worker that does not keep to the protocol has sent a failure of the same attempt, which lies
// before the reply on the queue.
func TestAReplyIsNotOverruled(t *testing.T) {
	overruled := rewriting{"tasker.hold_steps", `CASE WHEN s.reply IS NOT NULL THEN s.reply_id END`, `NULL::bigint`}
	equal := rewriting{"tasker.apply_results", "AND (s.reply IS NULL OR s.reply_id = d.msg_id)", ""}
	interleaving(t, "a", rule{sql: []rewriting{equal, overruled}}, func(w *world, said []rewording) (fault string) {
		w.exec(effects)
		task := w.create()
		handler, msgID := w.replying(task)
		w.exec(`SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id, 'task_id', task_id,
			'attempt', attempt, 'status', 'failed', 'error', jsonb_build_object('retryable', false))) FROM tasker.steps`)
		handler.finish(handler.value(replyStep, msgID, 1, task))
		w.settle(w.orchestrator(w.rewording(said)))
		return w.inexact()
	})
}

// TestAReplyIsForItsOwnMessage: a caller who mistakes the namespace, or the message, must not take another step's message.
func TestAReplyIsForItsOwnMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	w.register("other", "job", "a")
	w.exec(effects)
	task := w.create()
	w.exec(`SELECT tasker.create_task(jsonb_build_object('namespace', 'other', 'name', 'job', 'context', '{}'::jsonb))`)
	require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.read_steps('other', 30, 1, 'w') WHERE msg_id = 1 AND read_ct = 1`))
	handler, msgID := w.replying(task)
	require.Equal(t, "1", msgID, "in both namespaces")
	mistaken := strings.Replace(replyStep, "'demo'", "'other'", 1)
	err := handler.try(mistaken, msgID, 1, task)
	require.Equal(t, "TK400", code(err))
	require.ErrorContains(t, err, "belongs to the namespace demo")
	handler.do(`ROLLBACK`)

	w.create()
	second := w.session("second worker").value(takeStep)
	handler.do(`BEGIN`)
	require.Equal(t, "false", handler.value(replyStep, second, 1, task), "the message of another step of the namespace")
	handler.do(`ROLLBACK`)
	require.Equal(t, 2, w.number(`SELECT count(*) FROM pgmq.q_demo_queue`))
	require.Equal(t, 1, w.number(`SELECT count(*) FROM pgmq.q_other_queue`))

	w.exec(`UPDATE tasker.steps SET msg_id = 77 WHERE task_id = $1::text::uuid`, task)
	handler.do(`BEGIN`)
	require.Equal(t, "false", handler.value(replyStep, msgID, 1, task), "the sweep has sent another one")
	handler.do(`ROLLBACK`)
}

// TestReplyRefusesWhatIsNoSuccess: and what apply would refuse later, when the effects are there.
func TestReplyRefusesWhatIsNoSuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	w.create()
	for _, result := range []string{
		`{"step_id": 1, "attempt": 1, "status": "failed"}`, `{"status": "success"}`, `7`,
		fmt.Sprintf(`{"step_id": 1, "attempt": 1, "status": "success", "results": [%s]}`, largeNumbers()),
	} {
		err := w.session("worker").try(`SELECT tasker.reply('demo', 1, 1, $1::text::jsonb)`, result)
		require.Equal(t, "TK400", code(err), "%.80s", result)
	}
	require.Zero(t, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results`))
}

// largeNumbers are short as they are written, and a megabyte and more as jsonb tells them.
func largeNumbers() string {
	numbers := "1e300"
	for range 12 {
		numbers += "," + numbers
	}
	return numbers
}

// TestEffectsAreExactWithEverybodyAtOnce: two orchestrators, six workers with transactional handlers, some of which lose
// their lease, fail, or are cut off before their commit, and operators who cancel, skip and retry meanwhile.
func TestEffectsAreExactWithEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, diamond)
	w.exec(effects)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 2 {
		w.orchestrator().Start()
	}
	for range 6 {
		one := worker{pool: openPool(t, w.url, 1), namespace: "demo", exact: true, lease: 1, quantity: 2}
		all.Go(func() { one.work(ctx) })
	}
	for i := range 2 {
		operator := w.session(fmt.Sprint("operator ", i))
		all.Go(func() {
			for ctx.Err() == nil {
				if err := operator.try(hasty[rand.N(len(hasty))]); err != nil && ctx.Err() == nil {
					t.Errorf("%s: %v", operator.name, err)
					return
				}
			}
		})
	}
	for range 100 {
		w.create()
	}
	w.eventually("the end of all tasks", func() bool {
		return w.number(`SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL`) == 0
	})
	cancel()
	all.Wait()
	require.Empty(t, w.inexact())
	require.NotZero(t, w.number(`SELECT count(*) FROM public.effects`))
	require.NotZero(t, w.number(`SELECT count(*) FROM tasker.steps WHERE state <> 'complete'`))
	require.Zero(t, w.deadlocks())
	w.requireLegal()
}

// hasty is what operators do to steps that run.
var hasty = []string{
	`SELECT count(*) FROM tasker.control_steps('cancel', ARRAY(SELECT step_id FROM tasker.steps WHERE state = 'in_progress' ORDER BY random() LIMIT 1), 'operator')`,
	`SELECT count(*) FROM tasker.control_steps('skip', ARRAY(SELECT step_id FROM tasker.steps WHERE state = 'in_progress' ORDER BY random() LIMIT 1), 'operator')`,
	`SELECT count(*) FROM tasker.control_tasks('cancel', ARRAY(SELECT task_id FROM tasker.steps WHERE reply_id IS NOT NULL ORDER BY random() LIMIT 1), 'operator')`,
	`SELECT count(*) FROM tasker.control_steps('retry', ARRAY(SELECT step_id FROM tasker.steps WHERE state = 'error'), 'operator')`,
	`SELECT count(*) FROM tasker.sweep(1, 10, 'operator')`, `SELECT count(*) FROM tasker.stale_work`, `SELECT count(*) FROM tasker.stale_work`,
}

// replyExactly answers a message in the transaction of its effect. Now and then its lease ends meanwhile, so that others
// have its message too, it fails, or it loses its connection.
func (w worker) replyExactly(ctx context.Context, m message, result []byte) error {
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	chance := rand.N(20)
	if chance < 5 {
		if _, err := conn.Exec(ctx, `SELECT FROM pgmq.set_vt($1 || '_queue', $2::bigint, 0)`, w.namespace, m.id); err != nil {
			return err
		}
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `INSERT INTO public.effects VALUES (($1::jsonb ->> 'step_id')::bigint)`, string(result)); err != nil {
		return err
	}
	if chance == 6 {
		return nil
	}
	var taken bool
	if err := tx.QueryRow(ctx, `SELECT tasker.reply($1, $2, $3, $4::jsonb)`, w.namespace, m.id, m.readCt, string(result)).Scan(&taken); err != nil || !taken {
		return err
	}
	if chance == 7 {
		return conn.Conn().PgConn().Conn().Close()
	}
	return tx.Commit(ctx)
}
