package pgmqtest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

// belongings is all that must outlive a move.
const belongings = `
SELECT 'queue ' || q::text FROM pgmq.meta q
UNION ALL SELECT 'throttle ' || t::text FROM pgmq.notify_insert_throttle t
UNION ALL SELECT 'message ' || (msg_id, read_ct, enqueued_at, last_read_at, vt, message, headers)::text FROM pgmq.q_jobs
UNION ALL SELECT 'archived ' || (msg_id, read_ct, enqueued_at, last_read_at, archived_at, vt, message, headers)::text FROM pgmq.a_jobs
UNION ALL SELECT 'counter ' || (queue_name, queue_length, total_messages)::text FROM pgmq.metrics_all()
UNION ALL SELECT 'privilege ' || (SELECT array_agg(a ORDER BY a::text) FROM unnest(relacl) a)::text FROM pg_class WHERE oid IN ('pgmq.meta'::regclass, 'pgmq.q_jobs'::regclass)
UNION ALL SELECT 'view ' || (SELECT array_agg(a ORDER BY a::text) FROM unnest(relacl) a)::text FROM pg_class WHERE oid = to_regclass('tasker.ready_tasks')
UNION ALL SELECT 'function ' || (SELECT array_agg(a ORDER BY a::text) FROM unnest(proacl) a)::text FROM pg_proc
           WHERE oid IN (to_regprocedure('pgmq.purge_queue(text)'), to_regprocedure('tasker.find_tasks(jsonb, integer)'))
UNION ALL SELECT 'trigger ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgfoid = 'pgmq.notify_queue_listeners'::regproc
ORDER BY 1`

// TestMoveThereAndBack moves a database from ours to the real one and back, and uses it in between. The real one
// is its SQL-only form here, which needs nothing of the server; of the extension only CREATE and DROP EXTENSION are left.
func TestMoveThereAndBack(t *testing.T) {
	t.Parallel()
	script := mustRealSQL(t)
	url := dbtest.URL(t)
	s := &side{T: t, url: url}
	one := s.session()
	one.exec(`SELECT pgmq.create('jobs'), pgmq.create_unlogged('Fast lane'), pgmq.enable_notify_insert('jobs', 5000);
		SELECT pgmq.send_batch('jobs', '{1,2,3,4}'::jsonb[], '{5,6,7,8}'::jsonb[]);
		SELECT pgmq.read('jobs', 1000, 1); SELECT pgmq.archive('jobs', 2);
		GRANT SELECT ON pgmq.meta TO PUBLIC; GRANT INSERT ON pgmq.q_jobs TO pg_monitor;
		REVOKE EXECUTE ON FUNCTION pgmq.purge_queue(text) FROM PUBLIC;
		GRANT SELECT ON tasker.ready_tasks TO pg_monitor; GRANT EXECUTE ON FUNCTION tasker.find_tasks(jsonb, integer) TO pg_monitor`)
	ours, before := one.exec(definitions), one.exec(belongings)
	catalogBefore := one.exec(catalog)

	require.NoError(t, schema.GivePgmqUp(t.Context(), dbtest.Connect(t, url), script))
	require.Equal(t, before, one.exec(belongings))
	require.Equal(t, "foreign | NULL", one.exec("SELECT pgmq, to_regnamespace('tasker_pgmq') FROM tasker.installation"))
	require.Equal(t, realSide(t).session().exec(definitions), one.exec(definitions), "it is the real one, whole")
	require.ErrorContains(t, schema.GivePgmqUp(t.Context(), dbtest.Connect(t, url), script), "nothing to do")
	require.NoError(t, schema.Check(t.Context(), dbtest.Connect(t, url)))
	require.Equal(t, "3", one.exec("SELECT msg_id FROM pgmq.read('jobs', 0, 1)"))
	require.Equal(t, "5", one.exec("SELECT pgmq.send('jobs', '5')"))
	require.Equal(t, "t", one.exec("SELECT pgmq.drop_queue('Fast lane')"))
	one.exec("SELECT pgmq.create_unlogged('Fast lane'), pgmq.bind_topic('a.*', 'jobs')")

	before = one.exec(belongings)
	require.ErrorContains(t, schema.TakePgmqBack(t.Context(), dbtest.Connect(t, url)), "topics would be lost, which only the extension knows: a.* for jobs")
	one.exec("SELECT pgmq.unbind_topic('a.*', 'jobs'); CREATE FUNCTION pgmq.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
	require.ErrorContains(t, schema.TakePgmqBack(t.Context(), dbtest.Connect(t, url)), "schema pgmq holds what is not pgmq's: pgmq.mine()")
	one.exec("DROP FUNCTION pgmq.mine(); CREATE VIEW public.watch AS SELECT * FROM pgmq.metrics_all()")
	require.ErrorContains(t, schema.TakePgmqBack(t.Context(), dbtest.Connect(t, url)), "objects of yours depend on ours, nothing was changed")
	one.exec("DROP VIEW public.watch")
	require.Equal(t, before, one.exec(belongings))

	require.NoError(t, schema.TakePgmqBack(t.Context(), dbtest.Connect(t, url)))
	require.Equal(t, before, one.exec(belongings))
	require.Equal(t, ours, one.exec(definitions))
	require.ElementsMatch(t, strings.Split(catalogBefore, "\n"), strings.Split(one.exec(catalog), "\n"))
	require.Equal(t, "own", one.exec("SELECT pgmq FROM tasker.installation"))
	require.ErrorContains(t, schema.TakePgmqBack(t.Context(), dbtest.Connect(t, url)), "nothing to do")
	require.NoError(t, schema.Check(t.Context(), dbtest.Connect(t, url)))
	require.Equal(t, "3", one.exec("SELECT msg_id FROM pgmq.read('jobs', 0, 1)"))
	require.Equal(t, "6", one.exec("SELECT pgmq.send('jobs', '6')"))
}

// Ensure that a dump holds the queues, and that they work where it is restored.
func TestDumpAndRestore(t *testing.T) {
	dbtest.NeedsDump(t)
	onBoth(t, func(s *side) {
		one := s.session()
		one.exec(`SELECT pgmq.create('jobs'), pgmq.create('My Jobs'), pgmq.enable_notify_insert('jobs', 0);
			SELECT pgmq.send_batch('jobs', '{1,2,3}'::jsonb[]); SELECT pgmq.archive('jobs', 2)`)
		before := one.exec(belongings)
		file, restored := filepath.Join(t.TempDir(), "dump.sql"), dbtest.Empty(t)
		shell(t, fmt.Sprintf("pg_dump '%s' > %s && psql -q -v ON_ERROR_STOP=1 -f %s '%s'", s.url, file, file, restored))
		there := (&side{T: t, url: restored, ours: s.ours}).session()
		require.Equal(t, before, there.exec(belongings))
		there.exec(`LISTEN "pgmq.q_jobs.INSERT"`)
		require.Equal(t, "4\non pgmq.q_jobs.INSERT: \"\"", there.exec("SELECT pgmq.send('jobs', '4')"))
		require.Equal(t, "1\n3\n4", there.exec("SELECT msg_id FROM pgmq.read('jobs', 0, 9) ORDER BY 1"))
		require.Equal(t, "t", there.exec("SELECT pgmq.drop_queue('My Jobs')"))
		if s.ours {
			require.NoError(t, schema.Check(t.Context(), dbtest.Connect(t, restored)))
		}
	})
}
