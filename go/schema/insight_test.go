package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// crowd fills the tables with tasks of two steps, s1 after s0: $1 of them, the first one $2 ago and the others evenly up
// to $3 ago, each in state $4. What is complete took a second for its first step and two for its second.
const crowd = `
	WITH made AS (
	  INSERT INTO tasker.tasks (task_id, template_id, namespace_id, state, context, created_at, updated_at, completed_at)
	  SELECT (left(tasker.first_uuidv7(at)::text, 24) || substr(md5(n::text || random()), 1, 12))::uuid, template_id, namespace_id, $4, '{}',
	         at, at, CASE WHEN $4 IN ('complete', 'error', 'cancelled') THEN at + interval '3 seconds' END
	    FROM tasker.templates, generate_series(1, $1::integer) n
	   CROSS JOIN LATERAL (SELECT now() - $2::interval + ($2::interval - $3::interval) * n / $1::integer AS at OFFSET 0) a
	   WHERE name = 'pair'
	  RETURNING *),
	stepped AS (
	  INSERT INTO tasker.steps (task_id, namespace_id, position, name, state, unmet_dependencies, rank, attempt, failures, msg_id,
	    enqueued_at, started_at, completed_at)
	  SELECT task_id, namespace_id, p, 's' || p, k.state, CASE WHEN k.state = 'pending' THEN p ELSE 0 END,
	         tasker.dispatch_rank(0, created_at), k.attempt, CASE WHEN k.state = 'error' THEN 1 ELSE 0 END, nullif(k.attempt, 0),
	         w.begun, w.begun, w.begun + interval '1 second' * (p + 1)
	    FROM made, generate_series(0, 1) p
	   CROSS JOIN LATERAL (
	     SELECT CASE WHEN $4 = 'error' AND p = 0 THEN 'complete' ELSE $4 END AS state, CASE WHEN $4 = 'pending' THEN 0 ELSE 1 END AS attempt) k
	   CROSS JOIN LATERAL (SELECT CASE WHEN k.attempt = 1 THEN created_at + interval '1 second' * p END AS begun) w
	  RETURNING *),
	moved AS (
	  INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor)
	  SELECT step_id, 'enqueued', state, 1, completed_at, 'test' FROM stepped WHERE attempt = 1)
	INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor)
	SELECT task_id, 'in_progress', state, completed_at, 'test' FROM made WHERE completed_at IS NOT NULL`

func mustCrowd(t *testing.T, conn *pgx.Conn, tasks int, from, to, state string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), crowd, tasks, from, to, state)
	require.NoError(t, err)
}

// mustPair registers what crowd needs, and keeps autovacuum from making statistics unasked.
func mustPair(t *testing.T) *pgx.Conn {
	t.Helper()
	conn := dbtest.Connect(t, dbtest.URL(t))
	mustCreate(t, conn, "pair", chain(2))
	dbtest.Execute(t, conn, `DELETE FROM tasker.tasks; DELETE FROM tasker.task_transitions; DELETE FROM tasker.step_transitions`)
	for _, table := range []string{"tasks", "steps", "task_transitions", "step_transitions"} {
		dbtest.Execute(t, conn, `ALTER TABLE tasker.`+table+` SET (autovacuum_enabled = off)`)
	}
	return conn
}

// mustJSON gives the rows of a query, each as JSON without the times that nobody can know.
func mustJSON(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	return mustQuery[string](t, conn, `SELECT coalesce(string_agg((to_jsonb(q) - '{calculated_at,analysis_period_start,active_connections,
		max_connections,created_at,completed_at,task_id,workflow_step_id}'::text[])::text, E'\n'), '') FROM (`+sql+`) q`)
}

// TestHealthCounts: what is open or failed is counted however old it is, what is finished among the tasks of a time.
func TestHealthCounts(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	mustCrowd(t, conn, 2, "90 days", "80 days", "pending")
	mustCrowd(t, conn, 3, "90 days", "80 days", "error")
	mustCrowd(t, conn, 4, "90 days", "80 days", "complete")
	mustCrowd(t, conn, 5, "2 hours", "1 hour", "complete")
	mustCrowd(t, conn, 1, "2 hours", "1 hour", "cancelled")
	mustCrowd(t, conn, 1, "90 days", "80 days", "error")
	dbtest.Execute(t, conn, `UPDATE tasker.tasks SET state = 'resolved_manually' WHERE task_id = (SELECT max(task_id::text)::uuid FROM tasker.tasks
		WHERE state = 'error')`) // old, and its failed step bothers nobody any more
	counts := func(since string) string {
		return strings.NewReplacer(`"`, ``, `{`, ``, `}`, ``, `_tasks`, ``, `_steps`, ``).Replace(
			mustJSON(t, conn, `SELECT total_tasks, pending_tasks, complete_tasks, error_tasks, cancelled_tasks FROM tasker.get_system_health_counts(`+since+`)`) + " | " +
				mustJSON(t, conn, `SELECT total_steps, pending_steps, complete_steps, error_steps, exhausted_retry_steps FROM tasker.get_system_health_counts(`+since+`)`))
	}
	require.Equal(t, "error: 3, total: 11, pending: 2, complete: 5, cancelled: 1 | error: 3, total: 22, pending: 4, complete: 13, exhausted_retry: 0", counts(""))
	require.Equal(t, "error: 3, total: 16, pending: 2, complete: 10, cancelled: 1 | error: 4, total: 32, pending: 4, complete: 22, exhausted_retry: 0", counts("'-infinity'"))
	dbtest.Execute(t, conn, `UPDATE tasker.steps SET failures = 3, attempt = 3 WHERE step_id = (SELECT min(step_id) FROM tasker.steps WHERE state = 'error')`)
	require.Equal(t, int64(1), mustQuery[int64](t, conn, "SELECT exhausted_retry_steps FROM tasker.get_system_health_counts()"))
}

// TestAnalytics: a task that failed is not completed because its first step was, and nothing is counted twice.
func TestAnalytics(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	require.JSONEq(t, `{"active_tasks_count": 0, "total_namespaces_count": 1, "unique_task_types_count": 1, "system_health_score": 1.0,
		"task_throughput": 0, "completion_count": 0, "error_count": 0, "completion_rate": 0.0, "error_rate": 0.0, "avg_task_duration": 0.0,
		"avg_step_duration": 0.0, "step_throughput": 0}`, mustJSON(t, conn, "SELECT * FROM tasker.get_analytics_metrics()"))
	mustCrowd(t, conn, 3, "30 min", "20 min", "complete")
	mustCrowd(t, conn, 1, "30 min", "20 min", "error")
	mustCrowd(t, conn, 2, "30 min", "20 min", "pending")
	mustCrowd(t, conn, 5, "5 hours", "4 hours", "complete")
	dbtest.Execute(t, conn, `INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor)
		SELECT step_id, 'in_progress', 'complete', 1, now(), 'again' FROM tasker.steps WHERE state = 'complete'`) // joined, they count twice
	require.JSONEq(t, `{"active_tasks_count": 2, "total_namespaces_count": 1, "unique_task_types_count": 1, "system_health_score": 0.75,
		"task_throughput": 6, "completion_count": 3, "error_count": 1, "completion_rate": 50.00, "error_rate": 16.67, "avg_task_duration": 3.0,
		"avg_step_duration": 1.429, "step_throughput": 7}`, mustJSON(t, conn, "SELECT * FROM tasker.get_analytics_metrics()"))
	require.Equal(t, int64(11), mustQuery[int64](t, conn, "SELECT task_throughput FROM tasker.get_analytics_metrics(now() - interval '6 hours')"))
}

// TestSlowest: with and without rows, by every argument, in every session time zone the same.
func TestSlowest(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	for _, of := range []string{"steps", "tasks"} {
		require.Empty(t, mustJSON(t, conn, "SELECT * FROM tasker.get_slowest_"+of+"()"))
	}
	mustCrowd(t, conn, 2, "30 min", "20 min", "complete")
	mustCrowd(t, conn, 1, "30 min", "20 min", "error")
	mustCrowd(t, conn, 1, "30 min", "20 min", "pending")
	mustCrowd(t, conn, 5, "5 days", "4 days", "complete")
	dbtest.Execute(t, conn, `UPDATE tasker.tasks SET initiator = 'ann', completed_at = completed_at + interval '1 min' WHERE state = 'error'`)
	for _, zone := range []string{"UTC", "Pacific/Auckland", "America/Caracas"} {
		dbtest.Execute(t, conn, `SET timezone = '`+zone+`'`)
		step := `{"version": "1.0.0", "attempts": 1, "retryable": true, "step_name": "%s", "task_name": "pair", "step_status": "complete",
			"namespace_name": "demo", "duration_seconds": %s}`
		got := strings.Split(mustJSON(t, conn, "SELECT * FROM tasker.get_slowest_steps(quantity => 3)"), "\n")
		require.Len(t, got, 3)
		require.JSONEq(t, fmt.Sprintf(step, "s1", "2.000"), got[0])
		require.JSONEq(t, fmt.Sprintf(step, "s1", "2.000"), got[1])
		require.JSONEq(t, fmt.Sprintf(step, "s0", "1.000"), got[2])

		got = strings.Split(mustJSON(t, conn, "SELECT * FROM tasker.get_slowest_tasks()"), "\n")
		require.Len(t, got, 3)
		require.JSONEq(t, `{"version": "1.0.0", "initiator": "ann", "task_name": "pair", "step_count": 2, "error_steps": 1, "completed_steps": 1,
			"namespace_name": "demo", "source_system": null, "duration_seconds": 63.000}`, got[0])
	}
	for arguments, want := range map[string]int64{"now() - interval '6 days', 100": 8, "namespace => 'demo'": 3, "namespace => 'other'": 0,
		"task_name => 'pair'": 3, "task_name => 'other'": 0, "version => '1.0.0'": 3, "version => '2.0.0'": 0, "quantity => 1": 1} {
		require.Equal(t, want, mustQuery[int64](t, conn, "SELECT count(*) FROM tasker.get_slowest_tasks("+arguments+")"), arguments)
	}
}

// insights is what people and programs ask again and again, with the pages that it may touch beside 20,000 finished
// tasks: one look at each of those by an index would be 80,000.
var insights = []struct {
	sql   string
	pages float64
}{
	{`SELECT * FROM tasker.get_step_readiness_status('%s')`, 100},
	{`SELECT * FROM tasker.get_step_readiness_status_batch(ARRAY['%s']::uuid[])`, 100},
	{`SELECT * FROM tasker.get_task_execution_context('%s')`, 100},
	{`SELECT * FROM tasker.get_task_execution_contexts_batch(ARRAY['%s']::uuid[])`, 100},
	{`SELECT * FROM tasker.calculate_dependency_levels('%s')`, 100},
	{`SELECT * FROM tasker.step_dag_relationships WHERE task_id = '%s'`, 100},
	{`SELECT * FROM tasker.explain_task('%s')`, 300},
	{`SELECT * FROM tasker.explain_step(%d)`, 300},
	{`SELECT * FROM tasker.ready_tasks LIMIT 10`, 900},
	{`SELECT * FROM tasker.get_system_health_counts(now() - interval '1 hour')`, 1800},
	{`SELECT * FROM tasker.get_analytics_metrics(now() - interval '1 hour')`, 1000},
	{`SELECT * FROM tasker.get_slowest_steps(now() - interval '1 hour')`, 1000},
	{`SELECT * FROM tasker.get_slowest_tasks(now() - interval '1 hour')`, 1000},
	{`SELECT * FROM tasker.stale_work`, 5000},
	{`SELECT * FROM tasker.delete_finished_tasks('59 days', 10)`, 2000},
}

// TestInsightBesideManyFinishedTasks: nothing reads a big table from one end to the other, whether it was analysed or
// never was, and each touches few pages.
func TestInsightBesideManyFinishedTasks(t *testing.T) {
	t.Parallel()
	conn := mustPair(t)
	mustCrowd(t, conn, 20_000, "60 days", "2 hours", "complete")
	mustCrowd(t, conn, 20, "60 days", "2 hours", "error")
	mustCrowd(t, conn, 50, "1 hour", "30 min", "complete")
	mustCrowd(t, conn, 100, "30 days", "10 min", "pending")
	task := mustQuery[string](t, conn, `SELECT max(task_id::text) FROM tasker.tasks WHERE state = 'pending'`)
	step := mustQuery[string](t, conn, `SELECT min(step_id)::text FROM tasker.steps WHERE task_id = $1`, task)
	for _, statistics := range []string{"missing", "fresh"} {
		if statistics == "fresh" {
			dbtest.Execute(t, conn, `ANALYZE tasker.tasks, tasker.steps, tasker.task_transitions, tasker.step_transitions`)
		}
		for _, ask := range insights {
			sql := strings.NewReplacer("%s", task, "%d", step).Replace(ask.sql)
			mustMeasure(t, conn, sql) // what the session has to learn about the catalogs is not counted
			whole, pages := mustMeasure(t, conn, sql)
			require.Empty(t, whole, "with %s statistics, these tables were read whole: %s", statistics, sql)
			t.Logf("%s statistics, %v pages: %s", statistics, pages, sql)
			require.Less(t, pages, ask.pages, "with %s statistics, pages touched by %s", statistics, sql)
		}
	}
}

// mustMeasure runs a query, names the big tables that it read whole and counts the pages that it touched. What it
// changed is rolled back.
func mustMeasure(t *testing.T, conn *pgx.Conn, sql string) (whole []string, pages float64) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context())
	before := mustReadWhole(t, tx)
	var explained []byte
	require.NoError(t, tx.QueryRow(t.Context(), `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) `+sql).Scan(&explained))
	var plans []struct {
		Plan map[string]any
	}
	require.NoError(t, json.Unmarshal(explained, &plans))
	for table, rows := range mustReadWhole(t, tx) {
		if rows-before[table] > 1000 {
			whole = append(whole, table)
		}
	}
	return whole, plans[0].Plan["Shared Hit Blocks"].(float64) + plans[0].Plan["Shared Read Blocks"].(float64)
}

// mustReadWhole gives how many rows sequential scans of this session have read of each table.
func mustReadWhole(t *testing.T, tx pgx.Tx) map[string]int64 {
	t.Helper()
	rows, err := tx.Query(t.Context(), `SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE schemaname = 'tasker'`)
	require.NoError(t, err)
	read := map[string]int64{}
	var table string
	var count int64
	_, err = pgx.ForEachRow(rows, []any{&table, &count}, func() error {
		read[table] = count
		return nil
	})
	require.NoError(t, err)
	return read
}
