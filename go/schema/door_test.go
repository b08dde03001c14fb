package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestRequestsInPlainSQL: what the parsers refuse, the wall behind them refuses as well.
func TestRequestsInPlainSQL(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "one", chain(1))
	dbtest.Execute(t, conn, `DELETE FROM tasker.tasks`)
	for given, fault := range map[string]string{
		`{"priority": "5"}`:                  "priority must be an integer from -100 to 100",
		`{"priority": true}`:                 "priority must be an integer from -100 to 100",
		`{"protocol": 2}`:                    "protocol must be 1",
		`{"protocol": "1"}`:                  "protocol must be 1",
		`{"tags": [""]}`:                     "tags must be an array of at most 100 texts of 1 to 255 characters",
		`{"tags": ["` + letters(256) + `"]}`: "tags must be an array of at most 100 texts of 1 to 255 characters",
		`{"` + letters(5000) + `": 1}`:       "unknown key " + letters(100) + ":",
	} {
		_, err := conn.Exec(t.Context(), `SELECT tasker.create_task('{"namespace": "demo", "name": "one"}' || $1::jsonb)`, given)
		require.ErrorContains(t, err, fault, "%.60s", given)
		require.ErrorContains(t, err, "TK400", "%.60s", given)
	}
	_, err := conn.Exec(t.Context(), `SELECT tasker.create_task(jsonb_build_object('namespace', 'demo', 'name', 'one', 'tags',
		(SELECT jsonb_agg(n::text) FROM generate_series(1, 101) n)))`)
	require.ErrorContains(t, err, "tags must be an array of at most 100 texts")
	require.Equal(t, int64(0), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.tasks`))
	require.True(t, mustQuery[bool](t, conn, `SELECT created FROM tasker.create_task(jsonb_build_object('namespace', 'demo', 'name', 'one',
		'protocol', 1, 'priority', -100, 'tags', (SELECT jsonb_agg(rpad(n::text, 255, 'ä')) FROM generate_series(1, 100) n)))`))
}

// TestTemplatesInPlainSQL: a recipe that no tick could follow is refused when it is registered, not when a step fails.
func TestTemplatesInPlainSQL(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "one", chain(1))
	for _, step := range []string{
		`{"name": ""}`, `{"name": "` + letters(129) + `"}`, `{"name": "a b"}`, `{"handler_class": ""}`,
		`{"max_attempts": 1001}`, `{"timeout_seconds": 0}`, `{"timeout_seconds": "soon"}`, `{"timeout_seconds": 315360001}`,
		`{"backoff": {"strategy": "weird", "base_seconds": 1, "max_seconds": 9, "jitter": 0}}`,
		`{"backoff": {"strategy": "fixed", "base_seconds": -1, "max_seconds": 9, "jitter": 0}}`,
		`{"backoff": {"strategy": "fixed", "base_seconds": 10, "max_seconds": 9, "jitter": 0}}`,
		`{"backoff": {"strategy": "fixed", "base_seconds": 1, "max_seconds": 1e300, "jitter": 0}}`,
		`{"backoff": {"strategy": "fixed", "base_seconds": 1, "max_seconds": 9, "jitter": 7}}`,
	} {
		_, err := conn.Exec(t.Context(), `SELECT tasker.register_template(definition || jsonb_build_object('version', '2.0.0',
			'steps', jsonb_build_array(definition -> 'steps' -> 0 || $1::jsonb))) FROM tasker.templates`, step)
		require.ErrorContains(t, err, "TK400", step)
	}
	for _, name := range []string{``, `a b`, letters(129)} {
		_, err := conn.Exec(t.Context(), `SELECT tasker.register_template(definition || jsonb_build_object('name', $1::text)) FROM tasker.templates`, name)
		require.ErrorContains(t, err, "TK400", name)
	}
	require.Equal(t, int64(1), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.templates`))
	for _, step := range []string{`{"name": "` + letters(128) + `"}`, `{"timeout_seconds": 0.5}`, `{"timeout_seconds": null}`, `{"max_attempts": 0}`} {
		dbtest.Execute(t, conn, `DELETE FROM tasker.tasks; DELETE FROM tasker.templates WHERE version = '2.0.0'`)
		require.True(t, mustQuery[bool](t, conn, `SELECT created FROM tasker.register_template((SELECT definition || jsonb_build_object('version', '2.0.0',
			'steps', jsonb_build_array(definition -> 'steps' -> 0 || $1::jsonb)) FROM tasker.templates))`, step), step)
		require.Equal(t, "in_progress", mustQuery[string](t, conn, `SELECT state FROM tasker.create_task('{"namespace": "demo", "name": "one"}')`))
	}
}
