package orchestrator_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// What the server knows of tables that were as good as empty when the plans were made: nothing, or that they are as good
// as empty. It takes a table that nobody ever analysed for ten pages, and one that was for what it saw.
var small = map[string]func(*testing.T, *pgx.Conn){
	"never analysed": func(*testing.T, *pgx.Conn) {},
	"analysed":       func(t *testing.T, conn *pgx.Conn) { dbtest.Execute(t, conn, `ANALYZE`) },
}

const never = `"start_at": "2100-01-01T00:00:00Z"`

// rowsRead counts the rows of our tables that a session has looked at, as far as it has not reported them yet.
func rowsRead(t *testing.T, conn *pgx.Conn) (rows int64) {
	t.Helper()
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint
		FROM pg_stat_xact_user_tables WHERE schemaname IN ('tasker', 'pgmq')`).Scan(&rows))
	return rows
}

// TestPlansMadeEarlyServeLater: a session keeps the plans that it made while everything was small, those of its foreign
// keys too. When the tables have grown, the same work still reads the same few rows, in that session and in a new one, with
// the statistics of early days, with none, and with fresh ones. Read by a sequential scan counts as well.
func TestPlansMadeEarlyServeLater(t *testing.T) {
	t.Parallel()
	for name, look := range small {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			conn := dbtest.Connect(t, w.pool.Config().ConnString())
			w.template([]string{"chain"}, []string{"a:", "b: a", "c: b", "d: c"})
			unwatched(t, conn)
			create(t, conn, 3)
			look(t, conn)
			dbtest.Execute(t, conn, `SELECT tasker.check_attempt(n, 1) FROM generate_series(1, 8) n`) // the server keeps a plan after five
			early := map[string]int64{}
			for range 4 {
				early = roundOfWork(t, conn)
			}
			require.Positive(t, early["start"])
			other := dbtest.Connect(t, w.pool.Config().ConnString())
			create(t, other, 2000)
			create(t, other, 5000, never)
			served := func(who string, conn *pgx.Conn) {
				for range 2 {
					later := roundOfWork(t, conn)
					for _, stage := range slices.Sorted(maps.Keys(later)) {
						assert.Less(t, later[stage], most(stage), "%s, %s: rows read; of small tables %d", who, stage, early[stage])
					}
				}
			}
			served("plans of early days", conn)
			served("plans by the statistics of early days", dbtest.Connect(t, w.pool.Config().ConnString()))
			dbtest.Execute(t, other, `ANALYZE`)
			served("early plans made anew", conn)
			served("plans by fresh statistics", dbtest.Connect(t, w.pool.Config().ConnString()))
		})
	}
}

// most is how many rows a stage may read: few for what is done with one task, forty a step for what is done with fifty.
func most(stage string) int64 {
	if strings.HasPrefix(stage, "one ") {
		return 100
	}
	return 50 * 40
}

// unwatched keeps the server from looking at our tables by itself.
func unwatched(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	dbtest.Execute(t, conn, `DO $$ DECLARE owned regclass; BEGIN
		FOR owned IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('tasker'::regnamespace, 'pgmq'::regnamespace) LOOP
			EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', owned);
		END LOOP; END $$`)
}

func create(t *testing.T, conn *pgx.Conn, tasks int, further ...string) {
	t.Helper()
	request := "{" + strings.Join(append(further, `"namespace": "demo", "name": "chain"`), ", ") + "}"
	_, err := conn.Exec(t.Context(), `SELECT count(*) FROM tasker.create_tasks((
		SELECT jsonb_agg($2::jsonb) FROM generate_series(1, $1::integer)))`, tasks, request)
	require.NoError(t, err)
}

// measure gives how many rows were read by what it does, in a transaction: within one nothing is reported.
func measure(t *testing.T, conn *pgx.Conn, do func()) int64 {
	t.Helper()
	dbtest.Execute(t, conn, `BEGIN`)
	before := rowsRead(t, conn)
	do()
	read := rowsRead(t, conn) - before
	dbtest.Execute(t, conn, `COMMIT`)
	return read
}

const result = `jsonb_build_object('protocol', 1, 'step_id', message -> 'step_id', 'task_id', message -> 'task_id',
	'attempt', message -> 'attempt', 'status', 'success')`

// roundOfWork creates some tasks, starts and answers up to 50 steps, applies the answers and hands out what they free, and
// does with single tasks and steps what workers and operators do. It gives how many rows each of these read.
func roundOfWork(t *testing.T, conn *pgx.Conn) map[string]int64 {
	read := map[string]int64{}
	for _, stage := range [][2]string{
		{"create", `CREATE TEMPORARY TABLE made AS SELECT * FROM tasker.create_tasks((
			SELECT jsonb_agg(jsonb_build_object('namespace', 'demo', 'name', 'chain', 'idempotency_key', 'key ' || clock_timestamp() || n,
			  'skip', '[]'::jsonb)) FROM generate_series(1, 8) n))`},
		{"start", `CREATE TEMPORARY TABLE held AS SELECT * FROM tasker.read_steps('demo', 30, 50, 'worker')
			WHERE answer = 'started' ORDER BY message ->> 'step_name' = 'd', msg_id`},
		{"one checkpoint", `SELECT tasker.save_checkpoint((message ->> 'step_id')::bigint, (message ->> 'attempt')::integer, '7') FROM held LIMIT 1`},
		{"one more checkpoint", `SELECT tasker.save_checkpoint((message ->> 'step_id')::bigint, (message ->> 'attempt')::integer, '8'),
			tasker.read_checkpoint((message ->> 'step_id')::bigint) FROM held LIMIT 1`},
		{"one check", `SELECT tasker.check_attempt((message ->> 'step_id')::bigint, (message ->> 'attempt')::integer) FROM held LIMIT 1`},
		{"one reply", `SELECT tasker.reply('demo', msg_id, read_ct, ` + result + `) FROM held LIMIT 1`},
		{"one task that has replied", `SELECT tasker.cancel_task((message ->> 'task_id')::uuid, 'operator') FROM held LIMIT 1`},
		{"release", `SELECT count(*) FROM tasker.release_steps('demo', (SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id, 'read_ct', read_ct,
			'step_id', message -> 'step_id', 'attempt', message -> 'attempt')) FROM (SELECT * FROM held OFFSET 1 LIMIT 1) h))`},
		{"reply", `SELECT count(*) FROM tasker.reply_steps('demo', (SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id, 'result', ` + result + `)) FROM held))`},
		{"apply", `SELECT tasker.apply_results((SELECT jsonb_agg(jsonb_build_object('msg_id', msg_id, 'step_id', message -> 'step_id',
			'attempt', message -> 'attempt', 'outcome', CASE WHEN message -> 'step_id' = (
			SELECT message -> 'step_id' FROM held OFFSET 2 LIMIT 1) THEN 'error' ELSE 'complete' END, 'failures', 0)) FROM pgmq.q_orchestration_step_results),
			ARRAY(SELECT msg_id FROM pgmq.q_orchestration_step_results), 'test')`},
		{"enqueue", `SELECT tasker.enqueue_ready(50, 'test')`},
		{"one look when the next is due", `SELECT tasker.next_due()`},
		{"one task tried again", `SELECT tasker.retry_task((message ->> 'task_id')::uuid, 'operator') FROM (SELECT * FROM held OFFSET 2 LIMIT 1) h`},
		{"one task turned off", `SELECT tasker.cancel_task(task_id, 'operator') FROM made WHERE ordinal = 5`},
		{"one task paused", `SELECT tasker.pause_task(task_id, 'operator') FROM made WHERE ordinal = 6`},
		{"one task resumed", `SELECT tasker.resume_task(task_id, 'operator') FROM made WHERE ordinal = 6`},
		{"one step resolved", `SELECT tasker.resolve_step(task_id, 'd', '{}', 'operator') FROM made WHERE ordinal = 7`},
		{"one step turned off", `SELECT tasker.cancel_step(task_id, 'b', 'operator') FROM made WHERE ordinal = 8`},
	} {
		read[stage[0]] = measure(t, conn, func() { dbtest.Execute(t, conn, stage[1]) })
	}
	dbtest.Execute(t, conn, `DROP TABLE made, held`)
	return read
}

// TestTicksKeepGoodPlans: the same for an orchestrator's own statements, which pgx prepares and the server plans for good
// after a few executions.
func TestTicksKeepGoodPlans(t *testing.T) {
	t.Parallel()
	for name, look := range small {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			url := w.pool.Config().ConnString() + "?application_name=counted"
			o, err := orchestrator.Open(w.ctx, orchestrator.Config{DatabaseURL: url, PoolSize: 1, BatchSize: 10})
			require.NoError(t, err)
			t.Cleanup(o.Close)
			w.template([]string{"chain"}, []string{"a:", "b: a"})
			caller := dbtest.Connect(t, url)
			unwatched(t, caller)
			create(t, caller, 1, never)
			rest := w.lines(`SELECT task_id::text FROM tasker.tasks ORDER BY task_id DESC LIMIT 1`)[0]
			require.Equal(t, []string{"cancelled"}, w.lines(`SELECT tasker.cancel_task($1, 'operator')`, rest))
			create(t, caller, 20)
			look(t, caller)
			apply := func(results int) {
				report, err := o.Tick(w.ctx)
				require.NoError(t, err)
				require.Equal(t, results, report.Applied)
				state, err := o.Wait(w.ctx, rest)
				require.NoError(t, err)
				require.Equal(t, "cancelled", state)
			}
			for range 10 {
				answerSome(w, 1, 0)
				apply(1)
			}
			create(t, caller, 150)
			create(t, caller, 2000, never)
			require.NoError(t, caller.Close(w.ctx))
			require.Eventually(t, func() bool { return slices.Equal(w.lines(countedSessions), []string{"1"}) }, 10*time.Second, 5*time.Millisecond)
			before := w.lines(tableRowsRead)
			answerSome(w, 100, 2000)
			for range 10 {
				apply(10)
			}
			o.Close()
			require.Eventually(t, func() bool { return slices.Equal(w.lines(countedSessions), []string{"0"}) }, 10*time.Second, 5*time.Millisecond)
			read := number(w.lines(tableRowsRead)[0]) - number(before[0])
			require.Less(t, read, 10_000, "rows read for a hundred answers")
		})
	}
}

// answerSome sends the results of so many first steps, and behind them some that answer nothing.
func answerSome(w *world, results, stale int) {
	for range results {
		require.Empty(w.t, w.work([]string{"a", "ok"}, nil))
	}
	w.lines(`WITH sent AS (INSERT INTO pgmq.q_orchestration_step_results (vt, message)
		SELECT now(), jsonb_build_object('protocol', 1, 'step_id', n, 'task_id', gen_random_uuid(), 'attempt', 9, 'status', 'success')
		  FROM generate_series(1, $1::integer) n RETURNING 1) SELECT count(*)::text FROM sent`, stale)
}

const (
	// A session reports what it read at the latest when it ends.
	countedSessions = `SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'counted'`
	tableRowsRead   = `SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::text FROM pg_stat_user_tables
		WHERE relid IN ('tasker.steps'::regclass, 'tasker.tasks'::regclass, 'pgmq.q_orchestration_step_results'::regclass)`
)
