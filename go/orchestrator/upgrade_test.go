package orchestrator_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/schema"
)

// These tests change the schema under an orchestrator that runs.

// otherFace is SQL that makes the schema serve this face and no other.
func otherFace(face string) string {
	return `CREATE OR REPLACE FUNCTION tasker.face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ` + face + `';
		CREATE OR REPLACE FUNCTION tasker.oldest_face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ` + face + `'`
}

// TestTicksRefuseAnotherFace: a tick on a schema that does not serve it does nothing and says why, in the words of Check.
func TestTicksRefuseAnotherFace(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	conn := dbtest.Connect(t, url)
	id := wide(t, o, "demo", 3)
	answer(t, pool, id)
	for _, c := range []struct {
		change, back string
		want         error
	}{
		{otherFace("2"), otherFace("1"), schema.ErrNewer},
		{`ALTER FUNCTION tasker.face() RENAME TO no_face`, `ALTER FUNCTION tasker.no_face() RENAME TO face`, schema.ErrOlder},
		{`ALTER SCHEMA tasker RENAME TO elsewhere`, `ALTER SCHEMA elsewhere RENAME TO tasker`, schema.ErrAbsent},
	} {
		dbtest.Execute(t, conn, c.change)
		report, err := o.Tick(t.Context())
		require.ErrorIs(t, err, c.want)
		require.False(t, report.Moved())
		dbtest.Execute(t, conn, c.back)
	}
	_, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, "complete", stateOf(t, pool, id))
}

// TestRunGoesOnWhenTheFaceFits: it says once that it stands still, and once that it goes on.
func TestRunGoesOnWhenTheFaceFits(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	var failed, again atomic.Int32
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, Log: func(_, message string, _ map[string]any) {
		switch message {
		case "tick failed":
			failed.Add(1)
		case "ticks succeed again":
			again.Add(1)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	conn := dbtest.Connect(t, url)
	o.Start()
	dbtest.Execute(t, conn, otherFace("2"))
	ticks := int64(0)
	require.Eventually(t, func() bool {
		if ticks == 0 && failed.Load() == 1 {
			ticks = o.Status().Ticks
		}
		return ticks > 0 && o.Status().Ticks >= ticks+3
	}, 20*time.Second, time.Millisecond)
	require.Contains(t, o.Status().LastError, "deploy the tasker-core that migrated it")
	dbtest.Execute(t, conn, otherFace("1"))
	require.Eventually(t, func() bool { return again.Load() == 1 }, 20*time.Second, time.Millisecond)
	require.EqualValues(t, 1, failed.Load())
}

// TestMigrateUnderLoad: everything is installed again and again while two orchestrators and two workers are at work, and
// none of them logs an error.
func TestMigrateUnderLoad(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	first, second, pool := open(t, url), open(t, url), openPool(t, url)
	names := registerConformance(t, first)
	work(t, 2, plainWorker{pool, "conformance", 30 * time.Second})
	first.Start()
	second.Start()
	conn := dbtest.Connect(t, url)
	e := expected(t)
	const rounds, each = 10, 20
	for range rounds {
		for i := range each {
			createBySQL(t, pool, names[i%len(names)], e.Context)
		}
		dbtest.Execute(t, conn, `UPDATE tasker.installation SET digest = 'of another build'`)
		require.NoError(t, schema.Migrate(t.Context(), conn))
	}
	requireComplete(t, pool, rounds*each)
	requireAccepted(t, pool)
}

// TestLongMigrate: a migrate that takes longer than a tick may wait is named as the reason, and ticks go on after it.
func TestLongMigrate(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o := open(t, url)
	conn := dbtest.Connect(t, url)
	dbtest.Execute(t, conn, `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('tasker.face', 0))`)
	_, err := o.Tick(t.Context())
	require.ErrorContains(t, err, "the schema is being migrated")
	dbtest.Execute(t, conn, `COMMIT`)
	_, err = o.Tick(t.Context())
	require.NoError(t, err)
}

// TestUpgradeWithTasksUnderWay: a database of an earlier migration, with tasks in the states that they pass, is migrated:
// what is there stays as it is and goes on, now with what the migration brought.
func TestUpgradeWithTasksUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.pool.Config().ConnString()
	conn := dbtest.Connect(t, url)
	rows := func() []string {
		return w.lines(`SELECT to_jsonb(s)::text FROM tasker.steps s UNION ALL SELECT to_jsonb(t)::text FROM tasker.tasks t
			UNION ALL SELECT to_jsonb(h)::text FROM tasker.step_transitions h
			UNION ALL SELECT to_jsonb(h)::text FROM tasker.task_transitions h
			UNION ALL SELECT to_jsonb(g)::text FROM tasker.template_steps g ORDER BY 1`)
	}
	play(w, "template graph\n  a:\n  b: a\n  c: a\n  d: c b\n  e: d a\n----")
	play(w, "template job\n  a:, backoff=fixed:10\n  b: a\nrequest job\nrequest job\nrequest job\nrequest job\n----")
	// What ticks and workers of that build did meanwhile.
	dbtest.Execute(t, conn, `UPDATE tasker.steps SET state = 'in_progress', started_at = now() WHERE step_id = 3;
		UPDATE tasker.steps SET state = 'waiting_for_retry', failures = 1, due_at = now(), msg_id = NULL WHERE step_id = 5;
		UPDATE tasker.steps SET state = 'cancelled', completed_at = now() WHERE step_id IN (7, 8);
		UPDATE tasker.tasks SET state = 'cancelled', completed_at = now() WHERE task_id = (SELECT task_id FROM tasker.steps WHERE step_id = 7);
		DELETE FROM pgmq.q_demo_queue WHERE message -> 'step_id' IN ('5', '7')`)
	before := rows()
	require.Len(t, before, 8+4+4+4+5+2)
	dbtest.Execute(t, conn, `DROP VIEW tasker.ready_tasks, tasker.step_dag_relationships; DELETE FROM tasker.migrations WHERE number > 3;
		UPDATE tasker.installation SET digest = 'of 0003'`)
	for _, name := range []string{"0005_ancestors", "0004_graph"} {
		down, err := os.ReadFile("../schema/migrations/" + name + ".down.sql")
		require.NoError(t, err)
		dbtest.Execute(t, conn, string(down))
	}
	require.Equal(t, []string{"1 2", "3 4", "5 6", "7 8"}, w.lines(`SELECT parent_step_id || ' ' || child_step_id FROM tasker.edges ORDER BY 1`))

	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, before, rows())
	require.NoError(t, schema.Check(t.Context(), conn))
	w.o = open(t, url)
	require.Equal(t, []string{"true"}, w.call([]string{`save_checkpoint(3, 1, '{"row": 1}')`}, nil))
	require.Equal(t, []string{"enqueued 1"}, w.tick(nil, nil))
	for range 3 {
		require.Empty(t, w.work([]string{"a", "ok", "event=done"}, nil))
	}
	require.Equal(t, []string{"applied 3, enqueued 3"}, w.tick(nil, nil))
	require.Equal(t, []string{"a attempt 1 done {}"}, w.events([]string{"1"}, nil))
	require.Equal(t, []string{"a attempt 2 done {}"}, w.events([]string{"3"}, nil))
	require.Equal(t, []string{"task 5, created true, pending"}, w.request([]string{"job", "in=100"}, nil))
}
