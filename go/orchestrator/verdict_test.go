package orchestrator_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// standing is one step as a person would describe it: its state, and whether a parent still keeps it.
type standing struct {
	state   tasker.StepState
	blocked bool
}

var everyStanding = []standing{
	{tasker.StepPending, false}, {tasker.StepPending, true}, {tasker.StepEnqueued, false}, {tasker.StepInProgress, false},
	{tasker.StepWaitingForRetry, false}, {tasker.StepComplete, false}, {tasker.StepSkipped, false},
	{tasker.StepResolvedManually, false}, {tasker.StepError, false}, {tasker.StepCancelled, false},
}

// naiveVerdict says the rule again, step by step.
func naiveVerdict(steps []standing) tasker.TaskState {
	satisfied, failed := true, false
	for _, s := range steps {
		if s.state.Open() && !s.blocked {
			return tasker.TaskInProgress
		}
		satisfied = satisfied && s.state.Satisfies()
		failed = failed || s.state == tasker.StepError
	}
	switch {
	case satisfied:
		return tasker.TaskComplete
	case failed:
		return tasker.TaskError
	}
	return tasker.TaskCancelled
}

// TestVerdict settles one task for every set of standings that its steps can have, the empty one too.
func TestVerdict(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := pool.Exec(t.Context(), `SELECT tasker.register_template('{"namespace": "demo", "name": "any", "version": "1.0.0", "steps": []}')`)
	require.NoError(t, err)
	want := map[string]tasker.TaskState{}
	for set := range 1 << len(everyStanding) {
		var has []standing
		for bit, s := range everyStanding {
			if set&(1<<bit) != 0 {
				has = append(has, s)
			}
		}
		want[standingTask(t, pool, has)] = naiveVerdict(has)
	}
	_, err = pool.Exec(t.Context(), `SELECT tasker.settle_tasks(ARRAY(SELECT task_id FROM tasker.tasks), 'test')`)
	require.NoError(t, err)
	rows, err := pool.Query(t.Context(), `SELECT task_id::text, state FROM tasker.tasks`)
	require.NoError(t, err)
	var id string
	var state tasker.TaskState
	_, err = pgx.ForEachRow(rows, []any{&id, &state}, func() error {
		require.Equal(t, want[id], state, id)
		delete(want, id)
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, want)
}

// standingTask writes an open task with one step of each of these standings, and gives its id.
func standingTask(t *testing.T, pool *pgxpool.Pool, has []standing) (id string) {
	t.Helper()
	states, blocked := make([]string, len(has)), make([]int, len(has))
	for i, s := range has {
		states[i] = string(s.state)
		if s.blocked {
			blocked[i] = 1
		}
	}
	require.NoError(t, pool.QueryRow(t.Context(), `WITH task AS (
		INSERT INTO tasker.tasks (task_id, template_id, namespace_id, state, context, created_at, updated_at)
		SELECT tasker.uuidv7(), template_id, namespace_id, 'in_progress', '{}', now(), now() FROM tasker.templates RETURNING *),
	steps AS (
		INSERT INTO tasker.steps (task_id, namespace_id, position, name, state, unmet_dependencies, rank, attempt, msg_id, due_at, completed_at)
		SELECT task_id, namespace_id, n, 'step' || n, s.state, s.blocked, 0, 1, 1,
		       CASE WHEN s.state = 'waiting_for_retry' THEN now() END,
		       CASE WHEN s.state IN ('complete', 'error', 'cancelled', 'skipped', 'resolved_manually') THEN now() END
		  FROM task, unnest($1::text[], $2::integer[]) WITH ORDINALITY AS s (state, blocked, n))
	SELECT task_id::text FROM task`, states, blocked).Scan(&id))
	return id
}
