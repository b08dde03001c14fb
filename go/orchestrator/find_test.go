package orchestrator_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// findable makes five tasks that differ in everything a filter asks for, and gives their ids, oldest first.
func findable(t *testing.T, pool *pgxpool.Pool) (ids []string) {
	t.Helper()
	standingIn(t, pool, tasker.TaskInProgress, tasker.StepEnqueued)
	for _, template := range []struct{ namespace, name, version string }{{"demo", "standing", "2.0.0"}, {"demo", "other", "1.0.0"}, {"else", "standing", "1.0.0"}} {
		_, err := pool.Exec(t.Context(), `SELECT tasker.register_template(definition || jsonb_build_object('namespace', $1::text, 'name', $2::text, 'version', $3::text))
			FROM tasker.templates WHERE template_id = (SELECT min(template_id) FROM tasker.templates)`, template.namespace, template.name, template.version)
		require.NoError(t, err)
	}
	_, err := pool.Exec(t.Context(), `DELETE FROM tasker.tasks`)
	require.NoError(t, err)
	for i, request := range []string{
		`"namespace": "demo", "name": "standing", "version": "1.0.0", "priority": -7, "tags": ["a", "b"]`,
		`"namespace": "demo", "name": "standing", "version": "2.0.0", "priority": 0, "tags": ["b"], "initiator": "ada"`,
		`"namespace": "demo", "name": "other", "version": "1.0.0", "priority": 7, "correlation_id": "it's \"one\""`,
		`"namespace": "else", "name": "standing", "version": "1.0.0", "idempotency_key": "K"`,
		`"namespace": "demo", "name": "standing", "version": "1.0.0"`,
	} {
		var id string
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT task_id::text FROM tasker.create_task($1::text::jsonb)`, "{"+request+"}").Scan(&id))
		_, err = pool.Exec(t.Context(), `UPDATE tasker.tasks SET created_at = '2026-01-01T00:00:00Z'::timestamptz + $2 * interval '1 day' WHERE task_id = $1`, id, i)
		require.NoError(t, err)
		ids = append(ids, id)
	}
	_, err = pool.Exec(t.Context(), `UPDATE tasker.steps SET state = 'error', completed_at = now(), error = '{"error_type": "Boom"}'
		WHERE task_id = $1 AND name = 'plain'`, ids[1])
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `UPDATE tasker.steps SET state = 'waiting_for_retry', due_at = now(), error = '{"error_type": "Boom"}'
		WHERE task_id = $1 AND name = 'skippable'`, ids[2])
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `SELECT tasker.cancel_task($1, 'ops'), tasker.pause_task($2, 'ops')`, ids[3], ids[4])
	require.NoError(t, err)
	return ids
}

// TestFindTasksByEveryKey: which of the five a filter finds.
func TestFindTasksByEveryKey(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ids := findable(t, pool)
	for filter, expected := range map[string][]int{
		`{}`: {0, 1, 2, 3, 4},
		fmt.Sprintf(`{"task_ids": [%q, %q]}`, ids[4], ids[1]): {1, 4},
		`{"task_ids": []}`:                                          {},
		`{"namespace": "else"}`:                                     {3},
		`{"namespace": "nowhere"}`:                                  {},
		`{"name": "standing"}`:                                      {0, 1, 3, 4},
		`{"name": "standing", "version": "1.0.0"}`:                  {0, 3, 4},
		`{"state": "cancelled"}`:                                    {3},
		`{"state": "in_progress"}`:                                  {0, 1, 2, 4},
		`{"state": ["cancelled", "in_progress"]}`:                   {0, 1, 2, 3, 4},
		`{"state": []}`:                                             {},
		`{"paused": true}`:                                          {4},
		`{"paused": false}`:                                         {0, 1, 2, 3},
		`{"tags": ["b"]}`:                                           {0, 1},
		`{"tags": ["b", "a"]}`:                                      {0},
		`{"tags": []}`:                                              {0, 1, 2, 3, 4},
		`{"priority_min": 0}`:                                       {1, 2, 3, 4},
		`{"priority_max": -1}`:                                      {0},
		`{"priority_min": -7, "priority_max": 0}`:                   {0, 1, 3, 4},
		`{"correlation_id": "it's \"one\""}`:                        {2},
		`{"initiator": "ada"}`:                                      {1},
		`{"idempotency_key": "K"}`:                                  {3},
		`{"created_after": "2026-01-02T00:00:00Z"}`:                 {2, 3, 4},
		`{"created_before": "2026-01-02T01:00:00+01:00"}`:           {0},
		`{"step_name": "plain"}`:                                    {0, 1, 2, 3, 4},
		`{"step_name": "nothing"}`:                                  {},
		`{"step_state": "error"}`:                                   {1},
		`{"step_state": "waiting_for_retry"}`:                       {2},
		`{"step_state": ["error", "waiting_for_retry"]}`:            {1, 2},
		`{"step_name": "plain", "step_state": "error"}`:             {1},
		`{"step_name": "skippable", "step_state": "error"}`:         {},
		`{"error_type": "Boom"}`:                                    {1},
		`{"error_type": "Boom", "namespace": "demo"}`:               {1},
		`{"error_type": "Boom", "namespace": "else"}`:               {},
		`{"error_type": "Bang"}`:                                    {},
		`{"error_type": "Boom", "step_state": "waiting_for_retry"}`: {2},
		`{"name": "'; DROP TABLE tasker.tasks; --"}`:                {},
		`{"tags": ["'}", "\\", "\"", "{", ",", "%s"]}`:              {},
	} {
		want := []string{}
		for _, i := range expected {
			want = append(want, ids[i])
		}
		found, err := find(t, pool, filter, 1000)
		require.NoError(t, err, filter)
		require.Equal(t, want, found, filter)
	}
	found, err := find(t, pool, `{}`, 2)
	require.NoError(t, err)
	require.Equal(t, ids[:2], found, "the oldest")
}

func find(t *testing.T, pool *pgxpool.Pool, filter string, quantity any) ([]string, error) {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT tasker.find_tasks($1::text::jsonb, $2::integer)::text`, filter, quantity)
	require.NoError(t, err)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// TestFiltersThatFindNothingToMean are refused: a filter that is misunderstood may cancel what nobody meant.
func TestFiltersThatFindNothingToMean(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for filter, remedy := range map[string]string{
		`[]`:                                         "filter must be an object",
		`null`:                                       "filter must be an object",
		`{"stat": "error"}`:                          "unknown key stat: there are namespace, name",
		`{"namespace": null}`:                        "namespace must be a text",
		`{"name": ""}`:                               "name must be a text",
		`{"version": 1}`:                             "version must be a text",
		`{"task_ids": "x"}`:                          "task_ids must be an array of texts",
		`{"task_ids": ["x"]}`:                        "task_ids must be an array of UUIDs",
		`{"tags": "a"}`:                              "tags must be an array of texts",
		`{"tags": [1]}`:                              "tags must be an array of texts",
		`{"tags": null}`:                             "tags must be an array of texts",
		`{"state": null}`:                            "state must be one of these",
		`{"state": "enqueued"}`:                      "pending, in_progress, complete, error, cancelled, resolved_manually",
		`{"state": ["error", 1]}`:                    "state must be one of these",
		`{"step_state": "done"}`:                     "waiting_for_retry, skipped",
		`{"priority_min": "1"}`:                      "priority_min must be an integer",
		`{"priority_max": 1.5}`:                      "priority_max must be an integer",
		`{"priority_max": 1e9}`:                      "priority_max must be an integer",
		`{"paused": "yes"}`:                          "paused must be true or false",
		`{"created_after": "yesterday"}`:             "created_after must be a time with its zone",
		`{"created_after": "2026-01-01T00:00:00"}`:   "created_after must be a time with its zone",
		`{"created_before": "2026-02-30T00:00:00Z"}`: "created_before must be a time with its zone",
		`{"created_before": 7}`:                      "created_before must be a time with its zone",
	} {
		_, err := find(t, pool, filter, 10)
		requireSQLState(t, "TK400", err)
		require.ErrorContains(t, err, remedy, filter)
	}
	for _, quantity := range []any{0, -1, nil} {
		_, err := find(t, pool, `{}`, quantity)
		requireSQLState(t, "TK400", err)
	}
}
