package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

func letters(n int) string { return strings.Repeat("a", n) }

// TestPurgeKeepsToItsQuantity: also where the planner believes that there are next to no dead letters.
func TestPurgeKeepsToItsQuantity(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	dbtest.Execute(t, conn, `ALTER TABLE tasker.dead_letters SET (autovacuum_enabled = off);
		INSERT INTO tasker.dead_letters (queue_name, msg_id, read_ct, enqueued_at, reason) VALUES ('x', 1, 0, now(), 'x');
		ANALYZE tasker.dead_letters;
		INSERT INTO tasker.dead_letters (queue_name, msg_id, read_ct, enqueued_at, reason, created_at)
		SELECT 'x', n, 0, now(), 'x', now() - interval '2 days' FROM generate_series(2, 50) n`)
	require.Equal(t, int64(3), mustQuery[int64](t, conn, `SELECT tasker.purge_dead_letters('1 day', 3)`))
	require.Equal(t, int64(46), mustQuery[int64](t, conn, `SELECT tasker.purge_dead_letters('1 day', 1000)`))
	require.Equal(t, int64(1), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.dead_letters`))
}

// TestKeysAtOnce: each key is a lock, of which a server has some thousands. More than it has room for are refused before
// the first is taken; what has no key is not counted.
func TestKeysAtOnce(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "one", chain(1))
	made := func(keyed int, key string) (tasks int64, err error) {
		err = conn.QueryRow(t.Context(), `SELECT count(*) FROM tasker.create_tasks((
			SELECT jsonb_agg('{"namespace": "demo", "name": "one"}' || CASE WHEN n <= $1 THEN jsonb_build_object($2::text, $3 || lpad(n::text, 12, '0'))
			  ELSE '{}' END) FROM generate_series(1, $1::integer + 1) n))`, keyed, key, "00000000-0000-4000-8000-").Scan(&tasks)
		return tasks, err
	}
	for _, key := range []string{"idempotency_key", "request_id"} {
		_, err := made(5001, key)
		require.ErrorContains(t, err, "keys of 5001 requests at once, at most 5000 can be locked: take them in slices, each in a transaction of its own")
		require.ErrorContains(t, err, "TK400")
		require.Equal(t, int64(1), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.tasks`))
	}
	tasks, err := made(5000, "idempotency_key")
	require.NoError(t, err)
	require.Equal(t, int64(5001), tasks)
}

// TestIdentityOfCrowdedContexts: a megabyte of tiny objects and arrays costs as many calls as it is deep. What the session
// has counted in earlier transactions may still be unsent, and then counts in this one: the difference is what is measured.
func TestIdentityOfCrowdedContexts(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	dbtest.Execute(t, conn, `SET track_functions = 'all'`)
	counted := `SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_xact_user_functions WHERE funcname = 'canonical_texts'`
	for member, calls := range map[string]int64{`[]`: 3, `[1]`: 4, `[[1]]`: 5, `{"a":{"b":1}}`: 5} {
		list := strings.TrimSuffix(strings.Repeat(member+",", 1_000_000/(len(member)+2)), ",")
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		before := mustQuery[int64](t, tx, counted)
		require.Equal(t, int64(len(`{"list":[]}`)+len(list)), mustQuery[int64](t, tx,
			`SELECT length(tasker.canonical_json($1::jsonb))`, `{"list":[`+list+`]}`), member)
		require.Equal(t, calls, mustQuery[int64](t, tx, counted)-before, member)
		require.NoError(t, tx.Rollback(t.Context()))
	}
}

// TestStaleWorkWhileResultsPileUp: no orchestrator runs, and every step that is out has been answered. The report that
// says so looks at each result a few times, not once for every step.
func TestStaleWorkWhileResultsPileUp(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustQueueUp(t, conn, map[string]int{"busy": 1000})
	require.Equal(t, 1000, mustHandOut(t, conn, 1000))
	dbtest.Execute(t, conn, `WITH answered AS (DELETE FROM pgmq.q_busy_queue RETURNING message)
		INSERT INTO pgmq.q_orchestration_step_results (vt, message)
		SELECT now(), jsonb_build_object('step_id', message -> 'step_id', 'task_id', message -> 'task_id', 'attempt', message -> 'attempt',
		  'results', (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) n)) FROM answered`)
	report := `SELECT kind FROM tasker.stale_since('0', '0') WHERE namespace = 'busy' OR kind = 'result_waiting'`
	_, pages := mustMeasure(t, conn, report)
	require.Less(t, pages, 100_000.0)
	require.Equal(t, "result_waiting 100", mustQuery[string](t, conn, `SELECT string_agg(kind || ' ' || n, ', ') FROM (
		SELECT kind, count(*) AS n FROM (`+report+`) r GROUP BY kind) c`))
}
