package pgmqtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// awaits polls the database until a condition holds.
func (s *session) awaits(condition string) {
	s.Helper()
	require.Eventually(s, func() bool { return s.exec("SELECT "+condition) == "t" }, 20*time.Second, 5*time.Millisecond, condition)
}

// Ensure that a lease ends by itself: the message is there again, and counted.
func TestLeaseExpires(t *testing.T) {
	onBoth(t, func(s *side) {
		one := s.session()
		one.exec("SELECT pgmq.create('jobs'); SELECT pgmq.send('jobs', '1')")
		one.exec("SELECT * FROM pgmq.read('jobs', 1, 1)")
		require.Empty(t, one.exec("SELECT * FROM pgmq.read('jobs', 1, 1)"))
		require.Equal(t, "1 | 2 | t", one.exec(`SELECT msg_id, read_ct, last_read_at - enqueued_at BETWEEN '1 s' AND '3 s'
			FROM pgmq.read_with_poll('jobs', 1, 1, 20, 10)`))
	})
}

// Ensure that a poll sees what others send while it waits, and ends soon after.
func TestPollSeesWhatComes(t *testing.T) {
	onBoth(t, func(s *side) {
		poller, sender := s.session(), s.session()
		sender.exec("SELECT pgmq.create('jobs')")
		found := make(chan string)
		go func() {
			found <- poller.outcome("SELECT msg_id, read_ct FROM pgmq.read_with_poll('jobs', 30, 5, 25, 20)")
		}()
		sender.awaits("EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')")
		sender.exec("SELECT pgmq.send('jobs', '1')")
		require.Equal(t, "1 | 1", <-found)
	})
}

// Ensure that a poll never waits beyond its end: ours cuts the last pause short.
func TestPollEndsInTime(t *testing.T) {
	t.Parallel()
	one := ourSide(t).session()
	one.exec("SELECT pgmq.create('jobs'); SET statement_timeout = '15s'")
	require.Empty(t, one.exec("SELECT * FROM pgmq.read_with_poll('jobs', 1, 1, 1, 20000)"))
	mustStandInDocs(t, "`read_with_poll` ends when its time is over")
}

// hears counts the notifications that reached a listener up to now.
func (s *session) hears(by *session) (count int) {
	s.Helper()
	by.exec("NOTIFY up_to_here") // notifications come in the order of the commits
	ctx, cancel := context.WithTimeout(s.Context(), 20*time.Second)
	defer cancel()
	for s.heard = nil; ; {
		require.NoError(s, s.conn.PgConn().WaitForNotification(ctx))
		for _, heard := range s.heard {
			switch heard {
			case `on up_to_here: ""`:
				return count
			case `on pgmq.q_jobs.INSERT: ""`:
				count++
			default:
				require.Fail(s, "unexpected", heard)
			}
		}
		s.heard = nil
	}
}

func TestNotifies(t *testing.T) {
	onBoth(t, func(s *side) {
		sender, listener := s.session(), s.session()
		sender.exec("SELECT pgmq.create('jobs'); SELECT pgmq.enable_notify_insert('jobs', 0)")
		listener.exec(`LISTEN "pgmq.q_jobs.INSERT"; LISTEN up_to_here`)
		require.Equal(t, 0, listener.hears(sender))
		sender.exec("SELECT pgmq.send('jobs', '1')")
		sender.exec("SELECT pgmq.send_batch('jobs', '{1,2,3}'::jsonb[])")
		sender.exec("BEGIN; SELECT pgmq.send('jobs', '1'); SELECT pgmq.send('jobs', '1'); COMMIT")
		require.Equal(t, 3, listener.hears(sender), "one a transaction")

		sender.exec("BEGIN; SELECT pgmq.send('jobs', '1')")
		require.Equal(t, 0, listener.hears(listener.sibling()), "not before the commit")
		sender.exec("ROLLBACK")
		require.Equal(t, 0, listener.hears(sender), "nothing was sent")

		sender.exec("SELECT pgmq.update_notify_insert('jobs', 600000)")
		sender.exec("BEGIN; SELECT pgmq.send('jobs', '1'); ROLLBACK")
		require.Equal(t, 0, listener.hears(sender))
		fresh := s.session()
		fresh.exec("BEGIN; SELECT pgmq.send('jobs', '1')")
		fresh.exec("ROLLBACK")
		for range 3 {
			fresh.exec("SELECT pgmq.send('jobs', '1')")
		}
		require.Equal(t, 1, listener.hears(sender), "what was rolled back does not count")
		sender.exec("SELECT pgmq.disable_notify_insert('jobs'); SELECT pgmq.send('jobs', '1')")
		require.Equal(t, 0, listener.hears(sender))
	})
}

// sibling is another session of the same side.
func (s *session) sibling() *session { return s.side.session() }

// Ensure the one deliberate difference: our throttle is each session's own, so senders do not wait for one another.
func TestThrottleIsEachSessionsOwn(t *testing.T) {
	t.Parallel()
	mustStandInDocs(t, "The throttle is each session's own")
	s := ourSide(t)
	one, other, listener := s.session(), s.session(), s.session()
	one.exec("SELECT pgmq.create('jobs'); SELECT pgmq.enable_notify_insert('jobs', 600000)")
	listener.exec(`LISTEN "pgmq.q_jobs.INSERT"; LISTEN up_to_here`)
	one.exec("BEGIN; SELECT pgmq.send('jobs', '1')")
	other.exec("SET lock_timeout = '10ms'")
	other.exec("SELECT pgmq.send('jobs', '2')")
	one.exec("COMMIT; SELECT pgmq.send('jobs', '3')")
	require.Equal(t, 2, listener.hears(one))
	// A clock that was set back must not silence anybody.
	one.exec("UPDATE pgmq.notify_insert_throttle SET throttle_interval_ms = 1000")
	one.exec("SELECT set_config(name, '99999999999', false) FROM (SELECT 'tasker_pgmq.notified_' || 'pgmq.q_jobs'::regclass::oid) s (name)")
	one.exec("SELECT pgmq.send('jobs', '4')")
	require.Equal(t, 1, listener.hears(one))
}

// Ensure that what is kept for whoever looks at it never costs a sender the transaction.
func TestNotifyingNeedsNoPrivilegeAndNoLuck(t *testing.T) {
	t.Parallel()
	s := ourSide(t)
	one, other := s.session(), s.session()
	one.exec("SELECT pgmq.create('jobs'); SELECT pgmq.enable_notify_insert('jobs', 1)")
	for _, level := range []string{"REPEATABLE READ", "SERIALIZABLE"} {
		one.exec("BEGIN ISOLATION LEVEL " + level + "; SELECT pgmq.send('jobs', '1')")
		other.exec("SELECT pgmq.send('jobs', '1')")
		one.exec("SELECT pgmq.send('jobs', '1')")
		one.exec("COMMIT")
	}
}
