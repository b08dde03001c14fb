package schema_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// mustRefuse gives the words of a refusal and the moves that it calls possible.
func mustRefuse(t *testing.T, conn *pgx.Conn, sql string, args ...any) (message string, allowed []string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql, args...)
	var refused *pgconn.PgError
	require.True(t, errors.As(err, &refused), "%s: %v", sql, err)
	require.Equal(t, "TK422", refused.Code, sql)
	var detail struct{ Allowed []string }
	require.NoError(t, json.Unmarshal([]byte(refused.Detail), &detail), sql)
	return refused.Message, detail.Allowed
}

// TestRefusalsNameWhatIsPossible: a task in error whose key another task holds by now cannot be reopened, by no move
// that would do so, and no refusal or explanation speaks of one. Each move that is named is tried.
func TestRefusalsNameWhatIsPossible(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "pair", chain(2))
	dbtest.Execute(t, conn, `DELETE FROM tasker.tasks; UPDATE tasker.templates SET definition =
		jsonb_set(definition, '{identity}', '{"strategy": "caller_provided", "scope": "open"}') || jsonb_build_object('steps',
		  (SELECT jsonb_agg(s || '{"skippable": true}') FROM jsonb_array_elements(definition -> 'steps') s));
		UPDATE tasker.template_steps SET recipe = recipe || '{"skippable": true}'`)
	create := `SELECT task_id::text FROM tasker.create_task('{"namespace": "demo", "name": "pair", "idempotency_key": "K"}')`
	failed := mustQuery[string](t, conn, create)
	dbtest.Execute(t, conn, `UPDATE tasker.steps SET state = 'error', completed_at = now() WHERE name = 's0'`)
	dbtest.Execute(t, conn, `SELECT tasker.settle_tasks(ARRAY(SELECT task_id FROM tasker.tasks), 'test')`)
	step := `SELECT tasker.control_step($1, $2::text::uuid, $3, 'ops', NULL)`
	task := `SELECT tasker.control_task($1, $2::text::uuid, 'ops', NULL)`

	message, allowed := mustRefuse(t, conn, step, "retry", failed, "s1")
	require.Contains(t, message, "possible are cancel, resolve, skip")
	require.ElementsMatch(t, []string{"cancel", "resolve", "skip"}, allowed)
	_, allowed = mustRefuse(t, conn, task, "cancel", failed)
	require.ElementsMatch(t, []string{"retry", "resolve", "pause", "resume"}, allowed)

	holder := mustQuery[string](t, conn, create)
	require.NotEqual(t, failed, holder)
	for _, action := range []string{"retry", "resolve", "skip"} {
		message, allowed = mustRefuse(t, conn, step, action, failed, "s0")
		require.Contains(t, message, "task "+holder+" holds its idempotency key 'K' by now")
		require.Empty(t, allowed)
	}
	_, allowed = mustRefuse(t, conn, step, "skip", failed, "s1")
	require.Equal(t, []string{"cancel"}, allowed)
	message, allowed = mustRefuse(t, conn, step, "retry", failed, "s1")
	require.Contains(t, message, "possible is cancel")
	require.Equal(t, []string{"cancel"}, allowed)
	message, allowed = mustRefuse(t, conn, task, "cancel", failed)
	require.Contains(t, message, "possible are resolve, pause, resume")
	require.ElementsMatch(t, []string{"resolve", "pause", "resume"}, allowed)
	explained := mustQuery[string](t, conn, `SELECT string_agg(explanation, ' ' ORDER BY name) FROM tasker.explain_task($1::text::uuid)`, failed)
	require.Contains(t, explained, "task "+holder+" holds its idempotency key")
	require.NotContains(t, explained, "SELECT tasker.")

	for _, action := range allowed {
		dbtest.Execute(t, conn, `BEGIN; SELECT tasker.`+action+`_task('`+failed+`', 'ops'); ROLLBACK`)
	}
	require.Equal(t, "cancelled", mustQuery[string](t, conn, step, "cancel", failed, "s1"))
}
