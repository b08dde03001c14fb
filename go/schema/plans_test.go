package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestWhoWritesChecksByIndex: the server keeps one plan a session for each foreign key, made when the first row is written
// that refers to something, whoever writes it. It reads whole tables later if it was made while these were small; so every
// function that may be the first says enable_seqscan = off. What they do with it is measured in go/orchestrator.
func TestWhoWritesChecksByIndex(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	writers := `SELECT coalesce(string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname), '') FROM pg_proc p
		JOIN (SELECT relname FROM pg_class JOIN pg_constraint c ON c.conrelid = pg_class.oid AND c.contype = 'f') r
		  ON p.prosrc ~ ('INSERT INTO tasker.' || r.relname || '\M')
		WHERE p.pronamespace = 'tasker'::regnamespace`
	require.Contains(t, mustQuery[string](t, conn, writers), "apply_results insert_tasks pause_tasks register_template")
	require.Empty(t, mustQuery[string](t, conn, writers+` AND NOT coalesce('enable_seqscan=off' = ANY (p.proconfig), false)`))
}

// TestNobodyCompilesForGuesses: how often a recursion goes round the planner can only guess, and it guesses high: compiling for so many
// rows takes a hundred times as long as a small graph.
func TestNobodyCompilesForGuesses(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	guesses := `SELECT coalesce(string_agg(p.proname, ' ' ORDER BY p.proname), '') FROM pg_proc p
		WHERE p.pronamespace = 'tasker'::regnamespace AND p.prosrc ~ 'WITH RECURSIVE'`
	require.Contains(t, mustQuery[string](t, conn, guesses), "unfold_template")
	require.Empty(t, mustQuery[string](t, conn, guesses+` AND NOT coalesce('jit=off' = ANY (p.proconfig), false)`))
}
