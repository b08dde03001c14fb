package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// TestOperatorsInTheWay: two orchestrators and fickle workers are at work, and operators do whatever comes to their mind, to
// single steps and to many tasks at once. Nothing deadlocks, nothing is refused for another reason than that it cannot
// be, and in the end every task comes to rest in a state that follows from its steps.
func TestOperatorsInTheWay(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	pool := openPool(t, url)
	orchestrators := []*orchestrator.Orchestrator{open(t, url), open(t, url)}
	ids := manyTasks(t, orchestrators[0], 30)

	ctx, stop := context.WithCancel(t.Context())
	var workers, operators sync.WaitGroup
	for _, o := range orchestrators {
		o.Start()
	}
	for range 2 {
		workers.Go(func() { fickle(ctx, t, pool) })
	}
	for range 3 {
		operators.Go(func() { operate(t, pool, ids, 40) })
	}
	operators.Wait()
	for _, what := range []orchestrator.Control{{Everything: true}, {Namespace: "demo"}, {Filter: json.RawMessage(`{"paused": true, "state": ["pending", "in_progress", "error"]}`)}} {
		what.Action, what.Actor = "resume", "ops"
		_, err := orchestrators[0].Control(t.Context(), what)
		require.NoError(t, err)
	}
	atRest := func() (done bool) {
		err := pool.QueryRow(t.Context(), `SELECT bool_and(completed_at IS NOT NULL) FROM tasker.tasks`).Scan(&done)
		return err == nil && done
	}
	rested := assertEventually(atRest, 2*time.Minute)
	stop()
	workers.Wait()
	require.True(t, rested, "some task does not come to rest")
	requireSound(t, pool)
}

// manyTasks makes tasks of a net of steps that are tried again soon.
func manyTasks(t *testing.T, o *orchestrator.Orchestrator, tasks int) (ids []string) {
	t.Helper()
	template := tasker.Template{Namespace: "demo", Name: "net", Version: "1.0.0"}
	for _, line := range []string{"a:", "b: a", "c: a, skippable", "d: b c", "e:, skippable", "f: e", "g: d f"} {
		s := step(line)
		s.Backoff = tasker.Backoff{Strategy: "fixed", BaseSeconds: 0.01, MaxSeconds: 1}
		template.Steps = append(template.Steps, s)
	}
	_, err := o.RegisterTemplate(t.Context(), template)
	require.NoError(t, err)
	for range tasks {
		created, err := o.CreateTask(t.Context(), tasker.Request{Namespace: "demo", Name: "net"})
		require.NoError(t, err)
		ids = append(ids, created.TaskID)
	}
	return ids
}

// fickle works with any result, until ctx ends. Its leases are short: what is busy both when it starts and when it is given
// back waits for the end of one.
func fickle(ctx context.Context, t *testing.T, pool *pgxpool.Pool) {
	for ctx.Err() == nil {
		_, err := pool.Exec(ctx, `WITH got AS MATERIALIZED (SELECT * FROM tasker.read_steps('demo', 2, 5, 'fickle')),
			gone AS (SELECT pgmq.delete('demo_queue', msg_id) FROM got WHERE answer IN ('stale', 'lost')),
			given AS (
				SELECT tasker.release_steps('demo', jsonb_agg(jsonb_build_object('msg_id', msg_id, 'read_ct', read_ct,
					'step_id', message -> 'step_id', 'attempt', message -> 'attempt')), 0.02)
				  FROM got WHERE answer IN ('busy', 'paused') HAVING count(*) > 0),
			replied AS (
				SELECT tasker.reply_steps('demo', jsonb_agg(jsonb_build_object('msg_id', msg_id, 'result', jsonb_build_object(
					'protocol', 1, 'step_id', message -> 'step_id', 'task_id', message -> 'task_id', 'attempt', message -> 'attempt')
					|| ($1::jsonb[])[1 + floor(random() * 4)::integer])))
				  FROM got WHERE answer = 'started' HAVING count(*) > 0)
			SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM given) + (SELECT count(*) FROM replied)`,
			[]string{`{"status": "success", "results": 1}`, `{"status": "success"}`, `{"status": "failed", "error": {"error_type": "E", "message": "m", "retryable": true}}`,
				`{"status": "failed", "error": {"error_type": "E", "message": "m", "retryable": false}}`})
		if err != nil && ctx.Err() == nil {
			t.Errorf("worker: %v", err)
			return
		}
		wait(ctx, 2*time.Millisecond)
	}
}

// operate gives orders at random. The only errors it knows are refusals.
func operate(t *testing.T, pool *pgxpool.Pool, ids []string, orders int) {
	for range orders {
		order := anyOrder(ids)
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			_, err := order.In(t.Context(), tx)
			return err
		})
		if refused := (*tasker.Error)(nil); err != nil && !(errors.As(err, &refused) && refused.Code == tasker.CodeRefused) {
			t.Errorf("%+v: %v", order, err)
		}
		wait(t.Context(), time.Millisecond)
	}
}

func anyOrder(ids []string) orchestrator.Control {
	any := func(choices ...string) string { return choices[rand.N(len(choices))] }
	c := orchestrator.Control{Actor: "ops", Reason: "chance"}
	switch rand.N(10) {
	case 0:
		c.Namespace, c.Action = "demo", any("pause", "resume")
	case 1:
		c.Everything, c.Action = true, any("pause", "resume")
	case 2:
		c.Filter, c.Action = json.RawMessage(fmt.Sprintf(`{"task_ids": [%q, %q, %q]}`, any(ids...), any(ids...), any(ids...))), any("pause", "cancel", "retry")
	case 3:
		c.Filter, c.Action = json.RawMessage(any(`{"state": "error"}`, `{"step_state": "error"}`, `{"paused": true}`, `{}`)), any("retry", "resume", "retry")
	case 4, 5:
		c.TaskID, c.Action = any(ids...), any("cancel", "retry", "resolve", "pause", "resume")
	default:
		c.TaskID, c.Step, c.Action = any(ids...), any("a", "b", "c", "d", "e", "f", "g"), any("cancel", "retry", "skip", "resolve", "retry")
	}
	return c
}

// requireSound says what must be true whatever happened: counts of open parents, states that follow from the steps,
// histories without a gap, and no step handed out twice under one number.
func requireSound(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for what, sql := range map[string]string{
		"unmet_dependencies is not how many parents are open": `SELECT s.step_id::text FROM tasker.steps s WHERE unmet_dependencies <> (
			SELECT count(*) FROM tasker.parents_of(s.step_id) e JOIN tasker.steps p ON p.step_id = e
			 WHERE p.state NOT IN ('complete', 'skipped', 'resolved_manually'))`,
		"the state does not follow from the steps": `SELECT t.task_id || ' ' || t.state FROM tasker.tasks t
			CROSS JOIN LATERAL (SELECT bool_and(state IN ('complete', 'skipped', 'resolved_manually')) AS satisfied,
				bool_or(state = 'error') AS failed, bool_or(state = 'cancelled') AS cancelled,
				bool_or(state IN ('enqueued', 'in_progress', 'waiting_for_retry') OR (state = 'pending' AND unmet_dependencies = 0)) AS moving
				FROM tasker.steps WHERE task_id = t.task_id) s
			WHERE CASE t.state WHEN 'complete' THEN NOT satisfied WHEN 'error' THEN NOT failed WHEN 'cancelled' THEN NOT cancelled ELSE false END
			   OR (moving AND t.completed_at IS NOT NULL)`,
		"a step's history has a gap": `SELECT step_id::text FROM (
			SELECT h.step_id, from_state, lag(to_state, 1, 'pending') OVER (PARTITION BY h.step_id ORDER BY transition_id) AS before
			  FROM tasker.step_transitions h) x WHERE from_state <> before
			UNION ALL SELECT step_id::text FROM tasker.steps s WHERE state <> coalesce(
			(SELECT to_state FROM tasker.step_transitions h WHERE h.step_id = s.step_id ORDER BY transition_id DESC LIMIT 1), 'pending')`,
		"a task's history has a gap": `SELECT task_id::text FROM (
			SELECT h.task_id, from_state, lag(to_state, 1, 'pending') OVER (PARTITION BY h.task_id ORDER BY transition_id) AS before
			  FROM tasker.task_transitions h) x WHERE from_state <> before
			UNION ALL SELECT task_id::text FROM tasker.tasks s WHERE state <> coalesce(
			(SELECT to_state FROM tasker.task_transitions h WHERE h.task_id = s.task_id ORDER BY transition_id DESC LIMIT 1), 'pending')`,
		"an attempt was answered twice": `SELECT step_id::text FROM tasker.step_transitions
			WHERE to_state IN ('complete', 'waiting_for_retry', 'error') GROUP BY step_id, attempt HAVING count(*) > 1`,
		"a paused task has steps that are not, or the other way round": `SELECT s.step_id::text FROM tasker.steps s JOIN tasker.tasks t USING (task_id) WHERE s.paused <> t.paused`,
	} {
		rows, err := pool.Query(t.Context(), sql)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Empty(t, found, what)
	}
	var deadlocks int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&deadlocks))
	require.Zero(t, deadlocks)
}
