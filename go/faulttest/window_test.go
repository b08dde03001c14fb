package faulttest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHandOutIsSerialized: two orchestrators hand out in the same namespace; the second begins when the first has
// counted the room in the window. Together they may not fill it twice.
func TestHandOutIsSerialized(t *testing.T) {
	taken := rewriting{"tasker.enqueue_ready", "IF NOT pg_try_advisory_xact_lock(hashtextextended('tasker hand-out', namespace.namespace_id)) THEN", "IF false THEN"}
	interleaving(t, "a", rule{sql: []rewriting{taken}}, func(w *world, _ []rewording) (fault string) {
		w.exec(`UPDATE tasker.namespaces SET dispatch_window = 2`)
		out := []string{w.create(), w.create()}
		for range 4 {
			w.create()
		}
		w.exec(`UPDATE tasker.steps SET state = 'complete', completed_at = now() WHERE task_id::text = ANY ($1)`, out)
		w.rewrite(gate("tasker.enqueue_ready", "CONTINUE WHEN room <= 0;"))
		holder := w.session("gate").do(closeGate)
		first := w.session("first").begin(`SELECT tasker.enqueue_ready(10, 'first')`).stopAtGate()
		second := w.session("second").begin(`SELECT tasker.enqueue_ready(10, 'second')`)
		second.waits()
		holder.do(openGate)
		first.mustEnd()
		second.mustEnd()
		if n := w.number(`SELECT count(*) FROM tasker.steps WHERE state = 'enqueued'`); n > 2 {
			return fmt.Sprintf("%d steps are out in a window of 2", n)
		}
		require.Equal(w.t, 2, w.number(`SELECT count(*) FROM tasker.steps WHERE state = 'enqueued'`))
		return ""
	})
}
