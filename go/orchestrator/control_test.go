package orchestrator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// TestTheWallStandsWhereTheTableSays writes every pair of states into both histories: what the tables of package tasker do
// not know cannot be written down.
func TestTheWallStandsWhereTheTableSays(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	standingIn(t, pool, tasker.TaskInProgress, tasker.StepPending)
	for _, from := range tasker.TaskStates() {
		for _, to := range tasker.TaskStates() {
			requireWall(t, pool, from.MayBecome(to), `INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor)
				SELECT task_id, $1, $2, now(), 'test' FROM tasker.tasks`, string(from), string(to))
		}
	}
	for _, from := range tasker.StepStates() {
		for _, to := range tasker.StepStates() {
			requireWall(t, pool, from.MayBecome(to), `INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor)
				SELECT step_id, $1, $2, 1, now(), 'test' FROM tasker.steps`, string(from), string(to))
		}
	}
}

func requireWall(t *testing.T, pool *pgxpool.Pool, may bool, sql, from, to string) {
	t.Helper()
	_, err := pool.Exec(t.Context(), sql, from, to)
	if may {
		require.NoError(t, err, "%s → %s", from, to)
		return
	}
	require.ErrorContains(t, err, "move_is_legal", "%s → %s", from, to)
}

// standingIn writes a task in a state with two steps in a state, the second of which its template calls skippable, and gives
// its id. The first is "plain", the second "skippable".
func standingIn(t *testing.T, pool *pgxpool.Pool, task tasker.TaskState, step tasker.StepState) (id string) {
	t.Helper()
	template := tasker.Template{Namespace: "demo", Name: "standing", Version: "1.0.0", Steps: []tasker.Step{{Name: "plain"}, {Name: "skippable", Skippable: true}}}
	for i := range template.Steps {
		s := &template.Steps[i]
		s.HandlerClass, s.MaxAttempts, s.Retryable, s.Backoff = "Handler", 1, true, tasker.DefaultBackoff
	}
	normal, err := template.Encode()
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `SELECT tasker.register_template($1::text::jsonb)`, string(normal))
	require.NoError(t, err)
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT task_id::text FROM tasker.create_task('{"namespace": "demo", "name": "standing"}')`).Scan(&id))
	_, err = pool.Exec(t.Context(), `UPDATE tasker.steps SET attempt = 1, msg_id = coalesce(msg_id, 1), state = $2, completed_at = CASE WHEN $3 THEN now() END,
		due_at = CASE WHEN $2 = 'waiting_for_retry' THEN now() END WHERE task_id = $1`, id, string(step), step.AtRest())
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `UPDATE tasker.tasks SET state = $2, completed_at = CASE WHEN $3 THEN now() END WHERE task_id = $1`,
		id, string(task), task.AtRest())
	require.NoError(t, err)
	return id
}

// stepEvents are the actions on a step as the events of the table of moves.
var stepEvents = map[string]tasker.Event{"cancel": tasker.EventCancel, "retry": tasker.EventRetry, "skip": tasker.EventSkip,
	"resolve": tasker.EventResolve}

// TestEveryActionOnEveryStep tries every action on a step in every state, in a task in every state, and compares with the
// table of moves: what it knows is done, what it does not know is refused, with the actions that it does know.
func TestEveryActionOnEveryStep(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	o := open(t, pool.Config().ConnString())
	for _, task := range []tasker.TaskState{tasker.TaskInProgress, tasker.TaskError, tasker.TaskComplete, tasker.TaskCancelled, tasker.TaskResolvedManually} {
		for _, from := range tasker.StepStates() {
			for _, name := range []string{"plain", "skippable"} {
				for action := range stepEvents {
					id := standingIn(t, pool, task, from)
					allowed := stepActions(from, name == "skippable", task)
					done, err := o.Control(t.Context(), orchestrator.Control{Action: action, TaskID: id, Step: name, Actor: "test"})
					if slices.Contains(allowed, action) {
						to, illegal := from.After(stepEvents[action])
						require.NoError(t, illegal)
						require.NoError(t, err)
						require.Equal(t, string(to), done.State)
						continue
					}
					requireRefused(t, err, string(from), allowed)
				}
			}
		}
	}
}

// stepActions says again what step_actions says, by the table of moves.
func stepActions(from tasker.StepState, skippable bool, task tasker.TaskState) (allowed []string) {
	if !task.Open() && task != tasker.TaskError {
		return nil
	}
	for action, event := range stepEvents {
		if _, err := from.After(event); err == nil && (skippable || action != "skip") {
			allowed = append(allowed, action)
		}
	}
	return allowed
}

func requireRefused(t *testing.T, err error, state string, allowed []string) {
	t.Helper()
	var refused *tasker.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, tasker.CodeRefused, refused.Code)
	require.NotNil(t, refused.Standing)
	require.Equal(t, state, refused.State)
	require.ElementsMatch(t, allowed, refused.Allowed)
}

// TestEveryActionOnEveryTask does the same with whole tasks.
func TestEveryActionOnEveryTask(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	o := open(t, pool.Config().ConnString())
	for _, from := range tasker.TaskStates() {
		step := tasker.StepPending
		if from == tasker.TaskError {
			step = tasker.StepError
		}
		for _, action := range []string{"cancel", "retry", "resolve", "pause", "resume"} {
			id := standingIn(t, pool, from, step)
			done, err := o.Control(t.Context(), orchestrator.Control{Action: action, TaskID: id, Actor: "test"})
			to, possible := taskAction(from, action)
			if possible && (action != "retry" || from == tasker.TaskError) { // none in progress has a failed step here
				require.NoError(t, err, "%s a task that is %s", action, from)
				require.Equal(t, string(to), done.State)
				continue
			}
			var allowed []string
			for _, other := range []string{"cancel", "retry", "resolve", "pause", "resume"} {
				if _, may := taskAction(from, other); may && other != action {
					allowed = append(allowed, other)
				}
			}
			requireRefused(t, err, string(from), allowed)
		}
	}
}

// taskAction says again what task_actions says, by the table of moves.
func taskAction(from tasker.TaskState, action string) (to tasker.TaskState, possible bool) {
	event := map[string]tasker.Event{"cancel": tasker.EventCancel, "resolve": tasker.EventResolve, "retry": tasker.EventReopen}[action]
	to, err := from.After(event)
	switch {
	case action == "pause" || action == "resume":
		return from, from.Open() || from == tasker.TaskError
	case action == "retry" && from == tasker.TaskInProgress:
		return from, true // steps of it may have failed already
	}
	return to, err == nil
}

// everyOrder is what an operator may ask for, of a task that is in error with both its steps.
func everyOrder(taskID string) []orchestrator.Control {
	filter := json.RawMessage(fmt.Sprintf(`{"task_ids": [%q]}`, taskID))
	return []orchestrator.Control{
		{Action: "retry", TaskID: taskID}, {Action: "resolve", TaskID: taskID}, {Action: "pause", TaskID: taskID},
		{Action: "retry", TaskID: taskID, Step: "plain"}, {Action: "skip", TaskID: taskID, Step: "skippable"},
		{Action: "resolve", TaskID: taskID, Step: "plain", Results: json.RawMessage(`{"by": "hand"}`)},
		{Action: "retry", Filter: filter}, {Action: "pause", Filter: filter}, {Action: "resolve", Filter: filter},
		{Action: "pause", Namespace: "demo"}, {Action: "pause", Everything: true},
	}
}

// TestControlJoinsTheCallersTransaction: a rollback leaves nothing of it, a commit all of it; no orchestrator is there.
func TestControlJoinsTheCallersTransaction(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := standingIn(t, pool, tasker.TaskError, tasker.StepError)
	before := snapshot(t, pool)
	for _, order := range everyOrder(id) {
		order.Actor, order.Reason = "test", "why not"
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		_, err = order.In(t.Context(), tx)
		require.NoError(t, err, "%+v", order)
		require.NotEqual(t, before, snapshot(t, tx), "%+v", order)
		require.NoError(t, tx.Rollback(t.Context()))
		require.Equal(t, before, snapshot(t, pool), "%+v", order)
	}
	require.NoError(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := orchestrator.Control{Action: "resolve", TaskID: id, Actor: "test"}.In(t.Context(), tx)
		return err
	}))
	require.Equal(t, "resolved_manually", stateOf(t, pool, id))
}

// snapshot is all that control may change, as text.
func snapshot(t *testing.T, q interface {
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}) (all string) {
	t.Helper()
	require.NoError(t, q.QueryRow(t.Context(), `SELECT jsonb_build_array(
		(SELECT jsonb_agg(t ORDER BY task_id) FROM tasker.tasks t), (SELECT jsonb_agg(s ORDER BY step_id) FROM tasker.steps s),
		(SELECT jsonb_agg(h ORDER BY transition_id) FROM tasker.task_transitions h),
		(SELECT jsonb_agg(h ORDER BY transition_id) FROM tasker.step_transitions h),
		(SELECT jsonb_agg(p ORDER BY pause_id) FROM tasker.pauses p), (SELECT jsonb_agg(n ORDER BY namespace_id) FROM tasker.namespaces n),
		(SELECT jsonb_agg(i) FROM tasker.installation i), (SELECT jsonb_agg(q ORDER BY msg_id) FROM pgmq.q_demo_queue q))::text`).Scan(&all))
	return all
}

// TestControlWakesTheOrchestrator, and only once a call.
func TestControlWakesTheOrchestrator(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ids := []string{standingIn(t, pool, tasker.TaskError, tasker.StepError), standingIn(t, pool, tasker.TaskError, tasker.StepError)}
	listener, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer listener.Release()
	_, err = listener.Exec(t.Context(), `LISTEN "tasker.orchestrator"`)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `SELECT tasker.control_tasks('retry', $1::text[]::uuid[], 'test')`, ids)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `NOTIFY "tasker.orchestrator", 'the end'`)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, heard := range []string{"", "the end"} {
		notification, err := listener.Conn().WaitForNotification(ctx)
		require.NoError(t, err)
		require.Equal(t, heard, notification.Payload)
	}
}

// TestControlRefusesWhatCannotBeMeant changes nothing, whatever is wrong with an order.
func TestControlRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	id := standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
	before := snapshot(t, pool)
	for call, refusal := range map[string]string{
		`cancel_task($1, NULL)`:                                         "TK400 actor needs text of 1 to 255 characters: say who does this",
		`cancel_task($1, ' ')`:                                          "TK400 actor needs text of 1 to 255 characters: say who does this",
		`cancel_step($1, 'plain', repeat('x', 256))`:                    "TK400 actor needs text of 1 to 255 characters: say who does this",
		`pause_everything('')`:                                          "TK400 actor needs text of 1 to 255 characters: say who does this",
		`pause_task($1, 'test', repeat('x', 1001))`:                     "TK400 reason has 1001 characters, at most 1000 are kept: shorten it",
		`control_tasks('skip', ARRAY[$1]::uuid[], 'test')`:              "TK400 unknown action 'skip': there are cancel, retry, resolve, pause, resume",
		`control_tasks(NULL, ARRAY[$1]::uuid[], 'test')`:                "TK400 unknown action null: there are cancel, retry, resolve, pause, resume",
		`control_steps('pause', '{1}', 'test')`:                         "TK400 unknown action 'pause': there are cancel, retry, skip, resolve",
		`control_steps('skip', '{1}', 'test', NULL, '{}')`:              "TK400 results are for resolve only: leave them out to skip a step",
		`resolve_step($1, 'plain', to_jsonb(repeat('x', 1048575)), '')`: "TK400 actor needs text of 1 to 255 characters: say who does this",
		`resolve_step($1, 'plain', to_jsonb(repeat('x', 1048575)), 'test')`: "TK400 results have 1048577 bytes, at most 1 MiB is kept: " +
			"store them elsewhere and give a reference",
		`resolve_step($1, 'plein', NULL, 'test')`:                        "TK404 task " + id + " has no step 'plein': its steps are plain, skippable",
		`resolve_step($1, NULL, NULL, 'test')`:                           "TK404 task " + id + " has no step null: its steps are plain, skippable",
		`cancel_task(NULL, 'test')`:                                      "TK404 no task: give its id",
		`retry_step(NULL, 'plain', 'test')`:                              "TK404 no task null: use the id that create_task gave",
		`resume_task('00000000-0000-0000-0000-000000000000', 'test')`:    "TK404 no task 00000000-0000-0000-0000-000000000000: use the id that create_task gave",
		`skip_step('00000000-0000-0000-0000-000000000000', 'a', 'test')`: "TK404 no task 00000000-0000-0000-0000-000000000000: use the id that create_task gave",
		`pause_namespace(NULL, 'test')`:                                  "TK404 no namespace null: registering a template makes its namespace",
	} {
		_, err := pool.Exec(t.Context(), `SELECT tasker.`+strings.ReplaceAll(call, "$1", "'"+id+"'"))
		require.Equal(t, []string{refusal}, said(err), call)
	}
	require.Equal(t, before, snapshot(t, pool))

	answers, err := pool.Query(t.Context(), `SELECT coalesce(state, 'no state') || ': ' || coalesce(refusal, 'done') FROM tasker.control_steps('cancel', ARRAY[NULL, -1, -1], 'test')
		UNION ALL SELECT coalesce(state, 'no state') || ': ' || coalesce(refusal, 'done') FROM tasker.control_tasks('cancel', ARRAY[NULL, $1, $1]::uuid[], 'test')
		UNION ALL SELECT 'nobody' FROM tasker.control_tasks('cancel', NULL, 'test') UNION ALL SELECT 'nothing' FROM tasker.control_steps('cancel', '{}', 'test')`, id)
	require.NoError(t, err)
	told, err := pgx.CollectRows(answers, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"no state: no step -1", "cancelled: done"}, told)
}

// TestManyAtOnce controls thousands in one call, on tables that were never analyzed, within the limit of a transaction.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	o := open(t, pool.Config().ConnString())
	standingIn(t, pool, tasker.TaskComplete, tasker.StepComplete)
	const many = 3000
	_, err := pool.Exec(t.Context(), `SELECT tasker.create_tasks((
		SELECT jsonb_agg('{"namespace": "demo", "name": "standing"}'::jsonb) FROM generate_series(1, $1)))`, many)
	require.NoError(t, err)
	for _, action := range []string{"pause", "resume", "cancel"} {
		done, err := o.Control(t.Context(), orchestrator.Control{Action: action, Quantity: many + 10, Actor: "test", Filter: json.RawMessage(`{}`)})
		require.NoError(t, err)
		require.Len(t, done.Tasks, many+1)
		refused := slices.DeleteFunc(done.Tasks, func(task orchestrator.ControlledTask) bool { return task.Refusal == "" })
		require.Len(t, refused, 1, "the one that is complete")
	}
	var cancelled, noted int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*), (SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'cancelled')
		FROM tasker.tasks WHERE state = 'cancelled'`).Scan(&cancelled, &noted))
	require.Equal(t, []int{many, 2 * many}, []int{cancelled, noted})
}

// TestManyStepsAtOnce resolves parents and children of one another in one call, and steps of another task that refuse.
func TestManyStepsAtOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ids := manyTasks(t, open(t, pool.Config().ConnString()), 2)
	_, err := pool.Exec(t.Context(), `SELECT tasker.cancel_task($1, 'test')`, ids[1])
	require.NoError(t, err)
	var done, refused int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE refusal IS NULL AND state = 'resolved_manually'),
			count(*) FILTER (WHERE refusal = 'cannot resolve a step of a task that is cancelled: nothing moves it any more')
		FROM tasker.control_steps('resolve', ARRAY(SELECT step_id FROM tasker.steps WHERE name IN ('a', 'b', 'c', 'f')), 'test', 'at once', '{"n": 1}')`).
		Scan(&done, &refused))
	require.Equal(t, []int{4, 4}, []int{done, refused})
	requireSound(t, pool)
	var ready string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT string_agg(name, ' ' ORDER BY name) FROM tasker.steps
		WHERE task_id = $1 AND state = 'pending' AND unmet_dependencies = 0`, ids[0]).Scan(&ready))
	require.Equal(t, "d", ready, "both its parents are resolved, g still waits for it")
}
