package faulttest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A task is created once per request, whoever else asks for it at the same time.

// TestTwoCallersWithOneKey: the second caller asks before the first has committed.
func TestTwoCallersWithOneKey(t *testing.T) {
	for name, taken := range map[string]rewriting{
		"no lock":       {"tasker.lock_request_keys", "PERFORM pg_advisory_xact_lock(wanted.lock);", "NULL;"},
		"look up first": {"tasker.create_tasks", "held := tasker.lock_request_keys(namespaces, request_ids, keys, patient);", "held := ordinals;"},
	} {
		t.Run(name, func(t *testing.T) {
			interleaving(t, "a", rule{sql: []rewriting{taken}}, func(w *world, _ []rewording) (fault string) {
				asked := request("job", "idempotency_key", "one")
				first := w.session("first").do(`BEGIN`)
				made := first.value(`SELECT task_id::text FROM tasker.create_task($1::jsonb)`, asked)
				second := w.session("second").begin(`CREATE TEMP TABLE answer AS SELECT * FROM tasker.create_task($1::jsonb)`, asked).mustWait()
				first.do(`COMMIT`)
				if err := second.end(); err != nil {
					return "the second caller is told " + err.Error()
				}
				given := second.value(`SELECT coalesce(task_id::text, 'none') || ' ' || coalesce(created::text, 'none') FROM answer`)
				if given != made+" false" {
					return fmt.Sprintf("the first caller made %s, the second got %s", made, given)
				}
				return ""
			})
		})
	}
}

// TestKeysAreLockedInOneOrder: two bulk callers name the same keys in opposite order, while a third holds one of them.
func TestKeysAreLockedInOneOrder(t *testing.T) {
	asAsked := rewriting{"tasker.lock_request_keys", "GROUP BY lock ORDER BY lock", "GROUP BY lock ORDER BY min(k.ordinal)"}
	interleaving(t, "a", rule{sql: []rewriting{asAsked}}, func(w *world, _ []rewording) (fault string) {
		one, two := request("job", "idempotency_key", "one"), request("job", "idempotency_key", "two")
		third := w.session("third").do(`BEGIN`).do(`SELECT tasker.create_task($1::jsonb)`, one)
		const both = `SELECT count(*) FROM tasker.create_tasks(jsonb_build_array($1::jsonb, $2::jsonb))`
		first := w.session("first").begin(both, one, two).mustWait()
		second := w.session("second").begin(both, two, one).mustWait()
		third.do(`ROLLBACK`)
		for _, s := range []*session{first, second} {
			if err := s.end(); err != nil {
				return s.name + ": " + err.Error()
			}
		}
		require.Zero(w.t, w.deadlocks())
		return ""
	})
}

// TestRepliesAreLockedInOneOrder: two workers answer the same two messages (one of them has lost its leases) in opposite
// order, while a third holds one of them.
func TestRepliesAreLockedInOneOrder(t *testing.T) {
	asAsked := rewriting{"tasker.reply_steps", "DELETE FROM %s WHERE msg_id = ANY ($1) RETURNING",
		"DELETE FROM %s USING (SELECT id FROM unnest($1) WITH ORDINALITY AS a (id, n) ORDER BY n OFFSET 0) a WHERE msg_id = id RETURNING"}
	interleaving(t, "a; b", rule{sql: []rewriting{asAsked}}, func(w *world, _ []rewording) (fault string) {
		w.create()
		third := w.session("third").do(`BEGIN`).do(`SELECT FROM pgmq.q_demo_queue WHERE msg_id = 1 FOR UPDATE`)
		const replies = `SELECT tasker.reply_steps('demo', jsonb_build_array(
			jsonb_build_object('msg_id', $1::bigint, 'result', '{"place": 1}'::jsonb),
			jsonb_build_object('msg_id', $2::bigint, 'result', '{"place": 2}'::jsonb)))`
		first := w.session("first").begin(replies, 1, 2).mustWait()
		second := w.session("second").begin(replies, 2, 1).mustWait()
		third.do(`ROLLBACK`)
		for _, s := range []*session{first, second} {
			if err := s.end(); err != nil {
				return s.name + ": " + err.Error()
			}
		}
		require.Equal(w.t, 2, w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results`))
		return ""
	})
}
