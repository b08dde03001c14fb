package pgmqtest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
)

// What a read costs is counted in pages that it looks at, not timed. crowd is so many messages that going through them
// costs more than dear pages, and cheap is what any read may cost. The real one, where it is dear, shows that the count counts.
const (
	crowd = 100_000
	dear  = 1000
	cheap = 300
)

// pages counts the pages that a query looks at, with all that it calls.
func (s *session) pages(sql string) int {
	s.Helper()
	var plans []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	require.NoError(s, jsonx.Unmarshal([]byte(s.exec("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+sql)), &plans))
	return plans[0].Plan.Hit + plans[0].Plan.Read
}

// costs asserts what a read costs in this session, and in one that is new but for the plans of its statements.
func (s *session) costs(sql string) {
	s.Helper()
	fresh := s.sibling()
	fresh.exec("SELECT pgmq.create('other'); SELECT * FROM pgmq.read('other', 1, 1)")
	for name, one := range map[string]*session{"this": s, "a fresh": fresh} {
		one.exec(strings.Replace(sql, "100000", "0", 1)) // plans, and reads the catalog
		found := one.pages(sql)
		if s.ours {
			require.Less(s, found, cheap, "%s session: %s", name, sql)
		} else {
			require.Greater(s, found, dear, "%s session: %s", name, sql)
		}
	}
}

// Ensure that messages in front that are not visible cost nothing, also where the plans are from when the queue was empty.
func TestInvisibleMessagesCostNothing(t *testing.T) {
	onBoth(t, func(s *side) {
		one := s.session()
		one.exec("SELECT pgmq.create('jobs'); SELECT * FROM pgmq.read('jobs', 1, 10); SELECT * FROM pgmq.pop('jobs', 10)")
		one.exec(fmt.Sprintf("INSERT INTO pgmq.q_jobs (vt, message) SELECT now() + '1 day', '{}' FROM generate_series(1, %d)", crowd))
		one.costs("SELECT * FROM pgmq.read('jobs', 100000, 10)")
		one.costs("SELECT * FROM pgmq.pop('jobs', 10)")
		one.exec(fmt.Sprintf("SELECT pgmq.send_batch('jobs', array_fill('{}'::jsonb, ARRAY[2000])); SELECT pgmq.set_vt('jobs', %d::bigint, 0)", crowd))
		require.Equal(t, strconv.Itoa(crowd), one.exec("SELECT min(msg_id) FROM pgmq.read('jobs', 0, 5)"))
		one.costs("SELECT * FROM pgmq.read('jobs', 100000, 10)")
		one.costs("SELECT * FROM pgmq.pop('jobs', 10)")
		one.exec("ANALYZE pgmq.q_jobs")
		one.costs("SELECT * FROM pgmq.read('jobs', 100000, 10)")
	})
}

// Ensure that what an old snapshot keeps of messages that are gone costs nothing.
func TestAnOldSnapshotCostsNothing(t *testing.T) {
	onBoth(t, func(s *side) {
		old, one := s.session(), s.session()
		old.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
		one.exec("SELECT pgmq.create('jobs')")
		one.exec(`DO $$ BEGIN
			FOR n IN 1 .. 400 LOOP
				PERFORM pgmq.send_batch('jobs', array_fill('{"n": 1}'::jsonb, ARRAY[100]));
				COMMIT;
				PERFORM pgmq.delete('jobs', ARRAY(SELECT msg_id FROM pgmq.read('jobs', 60, 100)));
				COMMIT;
			END LOOP;
		END $$`)
		require.Equal(t, "40000 | 0", one.exec("SELECT total_messages, queue_length FROM pgmq.metrics('jobs')"))
		one.exec("SELECT pgmq.send_batch('jobs', array_fill('{}'::jsonb, ARRAY[50]))")
		found := one.pages("SELECT * FROM pgmq.read('jobs', 60, 10)")
		empty := one.pages("SELECT * FROM pgmq.read('jobs', 60, 100)") + one.pages("SELECT * FROM pgmq.read('jobs', 60, 100)")
		if s.ours {
			require.Less(s.T, found, 2*dear) // the look in front may be due just then
			require.Less(s.T, empty, 4*dear)
		} else {
			require.Greater(s.T, found, 10*dear)
		}
	})
}

// Ensure that a lease that ended is handed out again soon, in front of a backlog that would keep its reader busy for long.
func TestLeaseEndsUnderABacklog(t *testing.T) {
	for name, front := range map[string]int{"little lies in front": 0, "much lies in front": 3000} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(s *side) {
				one, other := s.session(), s.session()
				one.exec("SELECT pgmq.create('jobs'); SELECT count(*) FROM pgmq.send_batch('jobs', array_fill('{}'::jsonb, ARRAY[30000]))")
				require.Equal(t, strconv.Itoa(front), other.exec(fmt.Sprintf("SELECT count(*) FROM pgmq.read('jobs', 1000, %d)", front)))
				first := strconv.Itoa(front + 1)
				require.Equal(t, first, one.exec("SELECT msg_id FROM pgmq.read('jobs', 1000, 1)"))
				require.Equal(t, strconv.Itoa(front+2), one.exec("SELECT msg_id FROM pgmq.read('jobs', 1000, 1)"))
				other.exec("SELECT pgmq.set_vt('jobs', " + first + "::bigint, 0)")
				require.Eventually(t, func() bool {
					return one.exec("SELECT msg_id FROM pgmq.read('jobs', 1000, 1)") == first
				}, 10*time.Second, time.Nanosecond)
				require.Equal(t, "t", one.exec("SELECT last_read_at - enqueued_at < '5 s' FROM pgmq.q_jobs WHERE msg_id = "+first))
				require.Equal(t, "0", one.exec("SELECT count(*) FROM pgmq.read('jobs', 1000, 1) WHERE msg_id <= "+first))
			})
		})
	}
}

// Ensure that nobody goes away empty while there is a backlog, however much of its beginning others hold.
func TestNobodyStarves(t *testing.T) {
	for name, size := range map[string]int{"a few left": 410, "a backlog": 2000, "a large backlog": 30000} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(s *side) {
				one := s.session()
				one.exec(fmt.Sprintf("SELECT pgmq.create('jobs'); SELECT count(*) FROM pgmq.send_batch('jobs', array_fill('{}'::jsonb, ARRAY[%d]))", size))
				one.exec("SELECT * FROM pgmq.read('jobs', 0, 100)")
				for n := range 4 {
					holder := s.session()
					require.Equal(t, fmt.Sprintf("100 | %d", n*100+1),
						holder.exec("BEGIN; SELECT count(*), min(msg_id) FROM pgmq.read('jobs', 1000, 100)"))
				}
				want := min(size-400, 100)
				require.Equal(t, fmt.Sprintf("%d | 401", want), one.exec("SELECT count(*), min(msg_id) FROM pgmq.read('jobs', 1000, 100)"))
			})
		})
	}
}
