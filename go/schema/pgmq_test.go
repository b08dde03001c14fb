package schema_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// record is a pgmq.message_record as clients scan it: by position.
type record struct {
	ID         int64
	ReadCount  int
	EnqueuedAt time.Time
	LastReadAt *time.Time
	VT         time.Time
	Message    *string
	Headers    *string
}

// queueTest is a database with one queue, "jobs", and a search_path that helps nobody.
type queueTest struct {
	*testing.T
	pool    *pgxpool.Pool
	mutex   sync.Mutex
	notices []string
	ours    bool // not the extension, which these tests must hold for as well
}

func newQueueTest(t *testing.T) *queueTest {
	t.Helper()
	q := &queueTest{T: t}
	q.pool = dbtest.NewWith(t, func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["search_path"] = "nowhere"
		c.ConnConfig.RuntimeParams["statement_timeout"] = "30s" // what must not wait, but does, ends here
		c.ConnConfig.OnNotice = q.notice
	})
	q.ours = mustQuery[bool](t, q.pool, pgmqIsOurs)
	q.exec("SELECT pgmq.create('jobs')")
	return q
}

func (q *queueTest) notice(_ *pgconn.PgConn, n *pgconn.Notice) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.notices = append(q.notices, n.Severity+": "+n.Message)
}

func (q *queueTest) exec(sql string, args ...any) {
	q.Helper()
	_, err := q.pool.Exec(q.Context(), sql, args...)
	require.NoError(q, err)
}

// refused asserts that a statement fails with an SQLSTATE and a message.
func (q *queueTest) refused(code, message, sql string, args ...any) {
	q.Helper()
	_, err := q.pool.Exec(q.Context(), sql, args...)
	var server *pgconn.PgError
	require.ErrorAs(q, err, &server, sql)
	require.Equal(q, code, server.Code, sql)
	require.Equal(q, message, server.Message, sql)
}

// undone runs a statement in a transaction that is rolled back.
func (q *queueTest) undone(sql string) {
	q.Helper()
	tx, err := q.pool.Begin(q.Context())
	require.NoError(q, err)
	_, err = tx.Exec(q.Context(), sql)
	require.NoError(q, err)
	require.NoError(q, tx.Rollback(q.Context()))
}

func (q *queueTest) records(sql string, args ...any) []record {
	q.Helper()
	rows, err := q.pool.Query(q.Context(), sql, args...)
	require.NoError(q, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	require.NoError(q, err)
	return found
}

func (q *queueTest) ids(sql string, args ...any) []int64 {
	q.Helper()
	rows, err := q.pool.Query(q.Context(), sql, args...)
	require.NoError(q, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(q, err)
	return ids
}

func (q *queueTest) text(sql string, args ...any) string {
	q.Helper()
	return mustQuery[string](q.T, q.pool, sql, args...)
}

func (q *queueTest) isTrue(sql string, args ...any) {
	q.Helper()
	require.True(q, mustQuery[bool](q.T, q.pool, sql, args...), sql)
}

func TestSend(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	for _, test := range []struct{ call, vt, headers string }{
		{`'jobs', '{"n": 1}'`, "0 s", "none"},
		{`'jobs', '{"n": 1}', '{"h": 2}'::jsonb`, "0 s", `{"h": 2}`},
		{`'jobs', '{"n": 1}', 100`, "100 s", "none"},
		{`'jobs', '{"n": 1}', clock_timestamp() + '100 s'`, "100 s", "none"},
		{`'jobs', '{"n": 1}', '{"h": 2}', 100`, "100 s", `{"h": 2}`},
		{`'jobs', '{"n": 1}', '{"h": 2}', clock_timestamp() + '100 s'`, "100 s", `{"h": 2}`},
		{`'jobs', '{"n": 1}', -100`, "-100 s", "none"},
	} {
		id := q.ids("SELECT pgmq.send(" + test.call + ")")
		require.Len(t, id, 1, test.call)
		q.isTrue(`SELECT message = '{"n": 1}' AND coalesce(headers::text, 'none') = $2 AND read_ct = 0 AND last_read_at IS NULL
				AND vt - enqueued_at - $3::text::interval BETWEEN '0 s' AND '30 s'
			FROM pgmq.q_jobs WHERE msg_id = $1`, id[0], test.headers, test.vt)
	}
	require.Equal(t, []int64{8}, q.ids("SELECT pgmq.send('jobs', NULL)"))
	q.isTrue("SELECT message IS NULL FROM pgmq.q_jobs WHERE msg_id = 8")
}

// Ensure that enqueued_at is when the sender's transaction began and vt is when the message was sent.
func TestTimesOfSend(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	tx, err := q.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.Background())
	_, err = tx.Exec(t.Context(), "SELECT pgmq.send('jobs', '1')")
	require.NoError(t, err)
	require.True(t, mustQuery[bool](t, tx, "SELECT enqueued_at = now() AND vt > now() AND vt < clock_timestamp() FROM pgmq.q_jobs"))
}

func TestSendBatch(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	const messages = `'jobs', ARRAY['1', '2']::jsonb[]`
	const headers = messages + `, ARRAY['{"h": 1}', NULL]::jsonb[]`
	for _, test := range []struct{ call, vt, headers string }{
		{messages, "0 s", "none"},
		{headers, "0 s", `{"h": 1}`},
		{messages + ", 100", "100 s", "none"},
		{messages + ", clock_timestamp() + '100 s'", "100 s", "none"},
		{headers + ", 100", "100 s", `{"h": 1}`},
		{headers + ", clock_timestamp() + '100 s'", "100 s", `{"h": 1}`},
		{messages + ", NULL::jsonb[]", "0 s", "none"},
	} {
		ids := q.ids("SELECT pgmq.send_batch(" + test.call + ")")
		require.Len(t, ids, 2, test.call)
		require.Equal(t, ids[0]+1, ids[1])
		q.isTrue(`SELECT bool_and(message = to_jsonb(msg_id - $1 + 1) AND vt - enqueued_at - $3::text::interval BETWEEN '0 s' AND '30 s')
				AND string_agg(coalesce(headers::text, 'none'), ' ' ORDER BY msg_id) = $2 || ' none'
			FROM pgmq.q_jobs WHERE msg_id >= $1`, ids[0], test.headers, test.vt)
	}
}

func TestSendBatchRefusals(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	const empty = "msgs cannot be NULL or empty"
	q.refused("P0001", empty, "SELECT pgmq.send_batch('jobs', '{}'::jsonb[])")
	q.refused("P0001", empty, "SELECT pgmq.send_batch('jobs', NULL::jsonb[])")
	q.refused("P0001", empty, "SELECT pgmq.send_batch('jobs', '{}'::jsonb[], '{}'::jsonb[], 5)")
	q.refused("P0001", "headers array length (3) must match msgs array length (2)",
		"SELECT pgmq.send_batch('jobs', ARRAY['1', '2']::jsonb[], ARRAY['1', '2', '3']::jsonb[])")
	q.refused("P0001", "headers array length (0) must match msgs array length (2)",
		"SELECT pgmq.send_batch('jobs', ARRAY['1', '2']::jsonb[], ARRAY[]::jsonb[], 1)")
}

func TestReadLeases(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec(`SELECT pgmq.send_batch('jobs', ARRAY['{"n": 1}', '{"n": 2}', '{"n": 3}']::jsonb[], ARRAY['{"h": 1}', '{"h": 2}', '{"h": 3}']::jsonb[])`)
	first := q.records("SELECT * FROM pgmq.read('jobs', 100, 2)")
	require.Len(t, first, 2)
	require.Equal(t, []int64{1, 2}, []int64{first[0].ID, first[1].ID})
	require.Equal(t, `{"n": 1}`, *first[0].Message)
	require.Equal(t, `{"h": 1}`, *first[0].Headers)
	require.Equal(t, 1, first[0].ReadCount)
	require.NotNil(t, first[0].LastReadAt)
	require.WithinDuration(t, first[0].LastReadAt.Add(100*time.Second), first[0].VT, time.Second)

	require.Equal(t, []int64{3}, q.ids("SELECT msg_id FROM pgmq.read('jobs', 100, 9)"), "the others are leased")
	require.Empty(t, q.ids("SELECT msg_id FROM pgmq.read('jobs', 100, 9)"))
	q.exec("SELECT pgmq.set_vt('jobs', 2, 0)") // its lease is over
	again := q.records("SELECT * FROM pgmq.read(queue_name => 'jobs', vt => 0, qty => 9)")
	require.Len(t, again, 1)
	require.Equal(t, 2, again[0].ReadCount)
	require.Len(t, q.records("SELECT * FROM pgmq.read('jobs', 0, 9)"), 1, "a lease of no time")
}

func TestReadWithCondition(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec(`SELECT pgmq.send_batch('jobs', ARRAY['{"for": "ann"}', '{"for": "bob"}', '{"for": "ann", "n": 1}', NULL]::jsonb[])`)
	require.Equal(t, []int64{1, 3}, q.ids(`SELECT msg_id FROM pgmq.read('jobs', 100, 9, '{"for": "ann"}')`))
	require.Equal(t, []int64{2}, q.ids(`SELECT msg_id FROM pgmq.read('jobs', 100, 9, conditional => '{"for": "bob"}')`))
	require.Empty(t, q.ids(`SELECT msg_id FROM pgmq.read('jobs', 100, 9, '{"for": "joe"}')`))
	require.Equal(t, []int64{4}, q.ids(`SELECT msg_id FROM pgmq.read('jobs', 100, 9, '{}')`))
}

// Ensure that order and leases hold when rows have moved about in the table and nothing was analyzed.
func TestReadGivesLowestIDsFirst(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send_batch('jobs', array_agg(to_jsonb(n))) FROM generate_series(1, 1000) n")
	q.exec("UPDATE pgmq.q_jobs SET vt = vt WHERE msg_id % 3 = 0")
	for want := int64(1); want <= 1000; want += 100 {
		ids := q.ids("SELECT msg_id FROM pgmq.read('jobs', 100, 100)")
		require.Len(t, ids, 100)
		require.Equal(t, want, slices.Min(ids))
		require.Equal(t, want+99, slices.Max(ids))
		if q.ours { // the extension gives the right ones, in any order
			require.True(t, slices.IsSorted(ids))
		}
	}
}

// takeAll runs a statement on eight connections until each finds nothing more, and gives what all of them found.
func (q *queueTest) takeAll(sql string) []int64 {
	q.Helper()
	found := make(chan []int64)
	for range 8 {
		go func() {
			var mine []int64
			for {
				rows, err := q.pool.Query(q.Context(), sql)
				if err != nil {
					q.Error(err)
					break
				}
				ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
				if err != nil {
					q.Error(err)
				}
				if len(ids) == 0 {
					break
				}
				mine = append(mine, ids...)
			}
			found <- mine
		}()
	}
	var all []int64
	for range 8 {
		all = append(all, <-found...)
	}
	slices.Sort(all)
	return all
}

func TestEachMessageGoesToOneReader(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]string{
		"read": "SELECT msg_id FROM pgmq.read('jobs', 100, 7)",
		"pop":  "SELECT msg_id FROM pgmq.pop('jobs', 7)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueueTest(t)
			sent := q.ids("SELECT pgmq.send_batch('jobs', array_agg(to_jsonb(n))) FROM generate_series(1, 1000) n")
			require.Equal(t, sent, q.takeAll(take))
		})
	}
}

// Ensure that a reader passes by what another transaction holds, and that its end gives the messages back.
func TestReadersDoNotWait(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[])")
	tx, err := q.pool.Begin(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), mustQuery[int64](t, tx, "SELECT msg_id FROM pgmq.read('jobs', 100, 1)"))
	require.Equal(t, []int64{2}, q.ids("SELECT msg_id FROM pgmq.read('jobs', 100, 1)"))
	require.Equal(t, []int64{3}, q.ids("SELECT msg_id FROM pgmq.pop('jobs', 9)"))
	require.NoError(t, tx.Rollback(t.Context()))
	require.Equal(t, []int64{1}, q.ids("SELECT msg_id FROM pgmq.read('jobs', 100, 9)"))
}

func TestPop(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3', '4']::jsonb[])")
	q.exec("SELECT pgmq.set_vt('jobs', 2, 100)")
	popped := q.records("SELECT * FROM pgmq.pop('jobs')")
	require.Len(t, popped, 1)
	require.Equal(t, int64(1), popped[0].ID)
	require.Equal(t, 0, popped[0].ReadCount)
	require.Equal(t, []int64{3, 4}, q.ids("SELECT msg_id FROM pgmq.pop('jobs', qty => 9)"))
	require.Equal(t, []int64{2}, q.ids("SELECT msg_id FROM pgmq.q_jobs"))
}

func TestSetVT(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[])")
	for _, test := range []struct {
		call string
		want []int64
	}{
		{"'jobs', 2::bigint, 100", []int64{2}},
		{"'jobs', 2::bigint, clock_timestamp() + '100 s'", []int64{2}},
		{"'jobs', ARRAY[3, 1, 9]::bigint[], 100", []int64{1, 3}},
		{"'jobs', ARRAY[1, 2]::bigint[], clock_timestamp() + '100 s'", []int64{1, 2}},
		{"queue_name => 'jobs', msg_id => 3, vt => 100", []int64{3}},
		{"'jobs', 9::bigint, 100", []int64{}},
	} {
		q.exec("UPDATE pgmq.q_jobs SET vt = clock_timestamp()")
		moved := q.records("SELECT * FROM pgmq.set_vt(" + test.call + ")")
		ids := []int64{}
		for _, r := range moved {
			ids = append(ids, r.ID)
		}
		require.ElementsMatch(t, test.want, ids, test.call)
		require.ElementsMatch(t, test.want, append([]int64{}, q.ids(`SELECT msg_id FROM pgmq.q_jobs
			WHERE vt - clock_timestamp() BETWEEN '50 s' AND '100 s' AND read_ct = 0 AND last_read_at IS NULL`)...), test.call)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[])")
	q.isTrue("SELECT pgmq.delete('jobs', 1)")
	q.isTrue("SELECT NOT pgmq.delete(queue_name => 'jobs', msg_id => 1)")
	require.ElementsMatch(t, []int64{2, 3}, q.ids("SELECT pgmq.delete('jobs', ARRAY[1, 2, 3, 9])"))
	require.Empty(t, q.ids("SELECT pgmq.delete('jobs', msg_ids => ARRAY[]::bigint[])"))
	require.Empty(t, q.ids("SELECT msg_id FROM pgmq.q_jobs UNION ALL SELECT msg_id FROM pgmq.a_jobs"))
}

func TestArchive(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec(`SELECT pgmq.send('jobs', '{"n": 1}', '{"h": 1}'::jsonb)`)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['2', '3']::jsonb[])")
	read := q.records("SELECT * FROM pgmq.read('jobs', 100, 1)")
	q.isTrue("SELECT pgmq.archive('jobs', 1)")
	q.isTrue("SELECT NOT pgmq.archive('jobs', 1)")
	require.ElementsMatch(t, []int64{2, 3}, q.ids("SELECT pgmq.archive('jobs', ARRAY[1, 2, 3])"))
	require.Empty(t, q.ids("SELECT msg_id FROM pgmq.q_jobs"))
	require.Equal(t, read, q.records(`SELECT msg_id, read_ct, enqueued_at, last_read_at, vt, message, headers
		FROM pgmq.a_jobs WHERE msg_id = 1 AND archived_at >= last_read_at`))
	tx, err := q.pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.Background())
	_, err = tx.Exec(t.Context(), "SELECT pgmq.archive('jobs', id) FROM pgmq.send('jobs', '4') AS id")
	require.NoError(t, err)
	require.True(t, mustQuery[bool](t, tx, "SELECT archived_at = now() FROM pgmq.a_jobs WHERE msg_id = 4"))
}
