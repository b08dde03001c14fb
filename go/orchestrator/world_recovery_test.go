package orchestrator_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// clock +30s lets time pass: everything that waits for a time has waited so much longer.
func (w *world) clock(words, _ []string) []string {
	seconds := number(strings.TrimSuffix(strings.TrimPrefix(words[0], "+"), "s"))
	past := []string{`UPDATE tasker.steps SET due_at = due_at - make_interval(secs => $1) WHERE due_at IS NOT NULL`,
		`UPDATE tasker.suspects SET since = since - make_interval(secs => $1)`}
	for _, table := range w.lines(`SELECT oid::regclass::text FROM pg_class
		WHERE relkind = 'r' AND relnamespace = 'pgmq'::regnamespace AND relname LIKE 'q\_%'`) {
		past = append(past, `UPDATE `+table+` SET vt = vt - make_interval(secs => $1)`)
	}
	for _, sql := range past {
		_, err := w.pool.Exec(w.ctx, sql, seconds)
		require.NoError(w.t, err)
	}
	return nil
}

// sweep looks once for what got lost and prints its counts.
func (w *world) sweep(_, _ []string) []string {
	r, err := w.o.Sweep(w.ctx)
	var parts []string
	for _, count := range []struct {
		name string
		n    int
	}{{"recreated", r.Recreated}, {"suspected", r.Suspected}, {"resent", r.Resent}, {"lost", r.Lost}} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", count.name, count.n))
		}
	}
	if parts == nil {
		parts = []string{"nothing"}
	}
	return said(err, strings.Join(parts, ", "))
}

// suspects prints the steps that the sweep will look at again.
func (w *world) suspects(_, _ []string) []string {
	return w.lines(`SELECT s.name || ' attempt ' || x.attempt FROM tasker.suspects x JOIN tasker.steps s USING (step_id) ORDER BY step_id`)
}

// purge QUEUE takes every message off a queue.
func (w *world) purge(words, _ []string) []string {
	_, err := w.pool.Exec(w.ctx, `SELECT pgmq.purge_queue($1)`, words[0])
	return said(err)
}

// drop QUEUE takes the whole queue away; "drop table T" and "drop row QUEUE" only a part of it.
func (w *world) drop(words, _ []string) []string {
	sql := `SELECT pgmq.drop_queue('` + words[0] + `')`
	switch words[0] {
	case "table":
		sql = `DROP TABLE pgmq.` + words[1]
	case "row":
		sql = `DELETE FROM pgmq.meta WHERE queue_name = '` + words[1] + `'`
	}
	_, err := w.pool.Exec(w.ctx, sql)
	return said(err)
}

// take STEP takes the message of a step off its queue, as a worker does that answers in a second transaction.
func (w *world) take(words, _ []string) []string {
	_, err := w.pool.Exec(w.ctx, `DELETE FROM pgmq.q_demo_queue WHERE message ->> 'step_name' = $1`, words[0])
	return said(err)
}

// create QUEUE makes a queue, as somebody does who missed it.
func (w *world) create(words, _ []string) []string {
	_, err := w.pool.Exec(w.ctx, `SELECT pgmq.create($1)`, words[0])
	return said(err)
}

// release STEP gives the message of a step back, as the worker that has it.
func (w *world) release(words, _ []string) []string {
	return w.lines(`SELECT 'released' FROM pgmq.q_demo_queue q CROSS JOIN tasker.release_steps('demo', jsonb_build_array(
			jsonb_build_object('msg_id', q.msg_id, 'read_ct', q.read_ct, 'step_id', message -> 'step_id', 'attempt', message -> 'attempt')))
		WHERE message ->> 'step_name' = $1`, words[0])
}

// bury QUEUE takes every message of a queue to the dead letters.
func (w *world) bury(words, _ []string) []string {
	return w.lines(`SELECT 'buried ' || tasker.dead_letter($1, ARRAY(SELECT msg_id FROM pgmq.`+"q_"+words[0]+`), 'nobody wants it')`, words[0])
}

// budget N sets how many lost workers a step may cost.
func (w *world) budget(words, _ []string) []string {
	_, err := w.pool.Exec(w.ctx, `UPDATE tasker.namespaces SET crash_budget = $1`, number(words[0]))
	return said(err)
}

// replay N… asks for dead letters once more, by their number in the list that dead prints.
func (w *world) replay(words, _ []string) []string {
	var ids []int64
	for _, word := range words {
		ids = append(ids, int64(number(word)))
	}
	replayed, err := w.o.ReplayDeadLetters(w.ctx, ids, "ops", "it is mended")
	var printed []string
	for _, r := range replayed {
		printed = append(printed, fmt.Sprintf("%d: %s", r.DeadLetterID, r.Outcome))
	}
	return said(err, printed...)
}

// forget AGE removes dead letters that are older.
func (w *world) forget(words, _ []string) []string {
	age, err := time.ParseDuration(words[0])
	require.NoError(w.t, err)
	n, err := w.o.PurgeDeadLetters(w.ctx, age, orchestrator.PurgeQuantity)
	return said(err, fmt.Sprintf("removed %d", n))
}
