package pgmqtest_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eight runs something eight times at once and waits for all.
func eight(each func(n int)) {
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() { each(n) })
	}
	all.Wait()
}

func (s *side) ids(pool *pgxpool.Pool, sql string, args ...any) []int64 {
	rows, err := pool.Query(s.Context(), sql, args...)
	if !assert.NoError(s, err, sql) {
		return nil
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	assert.NoError(s, err, sql)
	return ids
}

func (s *side) run(pool *pgxpool.Pool, sql string, args ...any) {
	_, err := pool.Exec(s.Context(), sql, args...)
	assert.NoError(s, err, sql)
}

// Ensure that eight readers at once see each message once, however they take it, while eight senders still send.
func TestEachMessageGoesToOneReader(t *testing.T) {
	for name, take := range map[string]string{
		"read":        "SELECT msg_id FROM pgmq.read('jobs', 1000, 3)",
		"conditional": "SELECT msg_id FROM pgmq.read('jobs', 1000, 3, '{\"a\": 1}')",
		"poll":        "SELECT msg_id FROM pgmq.read_with_poll('jobs', 1000, 3, 1, 10)",
		"pop":         "SELECT msg_id FROM pgmq.pop('jobs', 3)",
		"both": `SELECT msg_id FROM pgmq.read('jobs', 1000, 2) UNION ALL SELECT msg_id FROM pgmq.pop('jobs', 1)
			UNION ALL SELECT pgmq.archive('jobs', ARRAY(SELECT msg_id FROM pgmq.read('jobs', 1000, 1)))`,
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(s *side) {
				pool := s.pool()
				s.run(pool, "SELECT pgmq.create('jobs')")
				var sent, taken []int64
				var mutex sync.Mutex
				add := func(list *[]int64, ids []int64) int {
					mutex.Lock()
					defer mutex.Unlock()
					*list = append(*list, ids...)
					return len(ids)
				}
				eight(func(int) {
					for range 5 {
						add(&sent, s.ids(pool, `SELECT pgmq.send_batch('jobs', array_fill('{"a": 1}'::jsonb, ARRAY[8]))`))
						add(&taken, s.ids(pool, take))
					}
					for add(&taken, s.ids(pool, take)) > 0 {
					}
				})
				slices.Sort(sent)
				slices.Sort(taken)
				require.Len(t, sent, 320)
				require.Equal(t, sent, taken)
			})
		})
	}
}

// Ensure that queues may be created and dropped by many at once: nobody gets an error, and what is left is whole.
func TestCreateAndDropRace(t *testing.T) {
	onBoth(t, func(s *side) {
		pool := s.pool()
		eight(func(n int) {
			for round := range 6 {
				create := []string{"create", "create_unlogged", "create_non_partitioned"}[(n+round)%3]
				s.run(pool, fmt.Sprintf("SELECT pgmq.%s('contested')", create))
				if n%2 == 0 {
					s.run(pool, "SELECT pgmq.drop_queue('contested')")
				}
			}
		})
		one := s.session()
		require.Equal(t, "t", one.exec(`SELECT (to_regclass('pgmq.q_contested') IS NULL) = (to_regclass('pgmq.a_contested') IS NULL)
			AND (to_regclass('pgmq.q_contested') IS NULL) = NOT EXISTS (SELECT FROM pgmq.meta)`))
		one.exec("SELECT pgmq.create('contested')")
		require.Equal(t, "1", one.exec("SELECT pgmq.send('contested', '1')"))
	})
}

// Ensure that a transaction that made a queue holds up whoever makes or drops the same one, and nobody else.
func TestCreateHoldsUntilCommit(t *testing.T) {
	onBoth(t, func(s *side) {
		maker, other := s.session(), s.session()
		maker.exec("BEGIN; SELECT pgmq.create('jobs')")
		other.exec("SET lock_timeout = '10ms'")
		require.Contains(t, other.outcome("SELECT pgmq.create('jobs')"), "ERROR 55P03")
		require.Contains(t, other.outcome("SELECT pgmq.drop_queue('jobs')"), "ERROR 55P03")
		other.exec("SELECT pgmq.create('another')")
		maker.exec("COMMIT")
		require.Contains(t, other.exec("SELECT pgmq.create('jobs')"), "already exists, skipping")
	})
}

// Ensure that readers pass by what a transaction holds, and that its end decides where the messages are.
func TestReadersDoNotWait(t *testing.T) {
	onBoth(t, func(s *side) {
		holder, reader := s.session(), s.session()
		reader.exec("SET lock_timeout = '10ms'")
		holder.exec("SELECT pgmq.create('jobs'); SELECT pgmq.send_batch('jobs', '{1,2,3,4}'::jsonb[])")
		require.Equal(t, "1", holder.exec("BEGIN; SELECT msg_id FROM pgmq.read('jobs', 100, 1)"))
		require.Equal(t, "2", reader.exec("SELECT msg_id FROM pgmq.read('jobs', 100, 1)"))
		require.Equal(t, "3", holder.exec("SELECT msg_id FROM pgmq.pop('jobs')"))
		require.Equal(t, "4", reader.exec("SELECT msg_id FROM pgmq.pop('jobs', 9)"))
		require.Empty(t, reader.exec("SELECT msg_id FROM pgmq.read_with_poll('jobs', 100, 1, 0)"))
		holder.exec("ROLLBACK")
		require.Equal(t, "1 | 1\n3 | 1", reader.exec("SELECT msg_id, read_ct FROM pgmq.read('jobs', 100, 9) ORDER BY 1"))
	})
}

// Ensure that a rollback leaves no trace of anything but the ids that were given out.
func TestRollback(t *testing.T) {
	onBoth(t, func(s *side) {
		one, other := s.session(), s.session()
		one.exec("SELECT pgmq.create('jobs'); SELECT pgmq.send_batch('jobs', '{1,2,3,4}'::jsonb[])")
		one.exec(`BEGIN; SELECT pgmq.send('jobs', '5'); SELECT pgmq.archive('jobs', 1); SELECT pgmq.delete('jobs', 2);
			SELECT pgmq.set_vt('jobs', 3::bigint, 100); SELECT pgmq.purge_queue('jobs'); SELECT pgmq.drop_queue('jobs')`)
		one.exec("ROLLBACK")
		require.Equal(t, "1 | 0 | t\n2 | 0 | t\n3 | 0 | t\n4 | 0 | t",
			other.exec("SELECT msg_id, read_ct, vt <= now() FROM pgmq.q_jobs ORDER BY 1"))
		require.Equal(t, "0", other.exec("SELECT count(*) FROM pgmq.a_jobs"))
		require.Equal(t, "4 | 5", other.exec("SELECT queue_length, total_messages FROM pgmq.metrics('jobs')"))
		require.Equal(t, "6", other.exec("SELECT pgmq.send('jobs', '6')"))
	})
}

// Ensure that what commits late is found at once, though others were sent and taken meanwhile.
func TestLateCommit(t *testing.T) {
	onBoth(t, func(s *side) {
		late, other := s.session(), s.session()
		other.exec("SELECT pgmq.create('jobs')")
		late.exec("BEGIN; SELECT pgmq.send('jobs', '1')")
		for id := range 5 {
			other.exec("SELECT pgmq.send('jobs', '2')")
			require.Equal(t, strconv.Itoa(id+2), other.exec("SELECT msg_id FROM pgmq.read('jobs', 100, 2)"))
			require.Empty(t, other.exec("SELECT msg_id FROM pgmq.read('jobs', 100, 2)"))
		}
		late.exec("COMMIT")
		require.Equal(t, "1", other.exec("SELECT msg_id FROM pgmq.read('jobs', 100, 2)"))
	})
}
