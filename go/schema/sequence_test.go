package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestSequencesReadWhatTheySend: behind ten large results stands a small one, and a hundred steps that wait for it. What
// their messages leave out costs them nothing, however often it is left out.
func TestSequencesReadWhatTheySend(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	g := chain(11)
	for range 100 {
		g = append(g, []int{10})
	}
	task := mustCreate(t, conn, "crowd", g)
	_, err := conn.Exec(t.Context(), `UPDATE tasker.steps SET state = 'complete', completed_at = now(), results =
		CASE WHEN position < 10 THEN (SELECT to_jsonb(string_agg(md5(n::text), '')) FROM generate_series(1, 32768) n) ELSE '"small"' END
		WHERE task_id = $1 AND position <= 10`, task)
	require.NoError(t, err)
	require.Equal(t, int64(10), mustQuery[int64](t, conn, `SELECT count(*) FROM tasker.steps WHERE results_size = 1048578`))
	sequences := `SELECT s.step_id, sequence.entries FROM tasker.steps s JOIN tasker.tasks USING (task_id) JOIN tasker.template_steps g USING (template_id, position)
		CROSS JOIN LATERAL tasker.step_sequence(s.task_id, cardinality(g.parents), g.ancestors) sequence WHERE s.position > 10`
	mustMeasure(t, conn, sequences)
	_, pages := mustMeasure(t, conn, sequences)
	require.Less(t, pages, 10_000.0, "read to leave out a thousand times a mebibyte, which lies on some 130 pages")
	require.Equal(t, "100: s10, -s9, -s8, -s7, -s6, -s5, -s4, -s3, -s2, -s1, -s0", mustQuery[string](t, conn, `
		SELECT count(*) || ': ' || names FROM (
			SELECT (SELECT string_agg(CASE WHEN e ? 'omitted' THEN '-' ELSE '' END || (e ->> 'step_name'), ', ' ORDER BY n)
			          FROM jsonb_array_elements(entries) WITH ORDINALITY AS e (e, n)) AS names FROM (`+sequences+`) s) o GROUP BY names`))
}
