package pgmqtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

// definitions is all that migrate might have overwritten.
const definitions = `SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'pgmq'::regnamespace ORDER BY oid::regprocedure::text`

// Ensure that a schema pgmq that somebody else made is found out, used and left as it is, whatever is in it.
func TestAForeignPgmqIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	s := realSide(t)
	one := s.session()
	one.exec("SELECT pgmq.create('theirs'), pgmq.enable_notify_insert('theirs'); SELECT pgmq.send('theirs', '1')")
	before := one.exec(definitions)
	for range 2 {
		require.NoError(t, schema.Migrate(t.Context(), dbtest.Connect(t, s.url)))
		require.Equal(t, before, one.exec(definitions))
		require.Equal(t, "foreign | f", one.exec("SELECT pgmq, to_regnamespace('tasker_pgmq') IS NOT NULL FROM tasker.installation"))
		one.exec("UPDATE tasker.installation SET digest = 'of another build'")
	}
	require.Equal(t, "orchestration_step_results\norchestration_task_requests\ntheirs", one.exec("SELECT queue_name FROM pgmq.meta ORDER BY 1"))
	require.NoError(t, schema.Down(t.Context(), dbtest.Connect(t, s.url)))
	require.Equal(t, before, one.exec(definitions))
	require.Equal(t, "theirs | 1", one.exec("SELECT queue_name, queue_length FROM pgmq.metrics_all()"))
}

// Ensure that ours is known by its mark alone: without it, it is somebody else's, and with it, it is brought up to date.
func TestOursIsKnownByItsMark(t *testing.T) {
	t.Parallel()
	s := ourSide(t)
	one := s.session()
	mark := one.exec("SELECT obj_description('pgmq'::regnamespace, 'pg_namespace')")
	const change = "CREATE OR REPLACE FUNCTION pgmq.detach_archive(queue_name text) RETURNS void LANGUAGE sql AS ''"
	before := one.exec(definitions)
	one.exec("COMMENT ON SCHEMA pgmq IS 'mine'; UPDATE tasker.installation SET digest = ''; " + change)
	changed := one.exec(definitions)
	require.NoError(t, schema.Migrate(t.Context(), dbtest.Connect(t, s.url)))
	require.Equal(t, changed, one.exec(definitions))
	one.exec("COMMENT ON SCHEMA pgmq IS '" + mark + "'; UPDATE tasker.installation SET digest = ''")
	require.NoError(t, schema.Migrate(t.Context(), dbtest.Connect(t, s.url)))
	require.Equal(t, before, one.exec(definitions))
}
