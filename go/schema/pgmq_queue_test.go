package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQueueNames(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	const characters = `queue name contains invalid characters: $, ;, --, or \'`
	for _, test := range []struct{ name, message string }{
		{"plain_1", ""},
		{"UPPER", ""},
		{"with space", ""},
		{"with.dot", ""},
		{"with-hyphen", ""},
		{`with"quote`, ""},
		{"select", ""},
		{"käse", ""},
		{"%I", ""},
		{strings.Repeat("x", 47), ""},
		{strings.Repeat("X", 47) + "Y", "queue name is too long, maximum length is 47 characters"},
		{"with$dollar", characters},
		{"with;semicolon", characters},
		{"with--comment", characters},
		{"with'quote", characters},
	} {
		if test.message != "" {
			q.refused("P0001", test.message, "SELECT pgmq.create($1)", test.name)
			continue
		}
		q.exec("SELECT pgmq.create($1)", test.name)
		require.Equal(t, []int64{1}, q.ids("SELECT pgmq.send($1, '{}')", test.name))
		require.Len(t, q.records("SELECT * FROM pgmq.read($1, 30, 1)", test.name), 1)
		require.Equal(t, test.name, q.text("SELECT queue_name FROM pgmq.metrics($1)", test.name))
		require.Equal(t, test.name, q.text("SELECT queue_name FROM pgmq.list_queues() WHERE queue_name = $1", test.name))
		q.isTrue("SELECT pgmq.archive($1, 1)", test.name)
		q.isTrue("SELECT pgmq.drop_queue($1)", test.name)
		q.isTrue("SELECT NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = $1)", test.name)
	}
	q.refused("P0001", characters, "SELECT pgmq.send('a;b', '{}')")
}

func TestNamesOfTablesAreQuoted(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.create('My Jobs')")
	require.Equal(t, "a_my jobs,a_my jobs_pkey,archived_at_idx_My Jobs,q_my jobs,q_my jobs_msg_id_seq,q_my jobs_pkey,q_my jobs_vt_idx",
		q.text(`SELECT string_agg(relname, ',' ORDER BY relname COLLATE "C") FROM pg_class WHERE relname ILIKE '%my jobs%'`))
	q.exec("SELECT pgmq.create('my jobs')") // another name, the same table
	q.exec("SELECT pgmq.send('My Jobs', '1')")
	require.Len(t, q.records("SELECT * FROM pgmq.pop('my jobs')"), 1)
	require.Equal(t, "q_a b", q.text("SELECT pgmq.format_table_name('A b', 'q')"))
}

func TestCreateIsIdempotentAndTransactional(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send('jobs', '1')")
	q.exec("SELECT pgmq.create('jobs')")
	require.Len(t, q.records("SELECT * FROM pgmq.read('jobs', 0, 9)"), 1)

	q.undone("SELECT pgmq.create('undone')")
	q.isTrue("SELECT to_regclass('pgmq.q_undone') IS NULL AND NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = 'undone')")
}

func TestCreateByManyAtOnce(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := q.pool.Exec(t.Context(), "SELECT pgmq.create('popular')")
			errs <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-errs)
	}
	require.Equal(t, []int64{1}, q.ids("SELECT pgmq.send('popular', '1')"))
}

func TestDropQueue(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.isTrue("SELECT pgmq.drop_queue('jobs')")
	q.isTrue("SELECT to_regclass('pgmq.q_jobs') IS NULL AND to_regclass('pgmq.a_jobs') IS NULL")
	q.notices = nil
	q.isTrue("SELECT NOT pgmq.drop_queue('jobs')")
	require.Len(t, q.notices, 1)
	require.Contains(t, q.notices[0], "NOTICE")
	q.notices = nil
	q.isTrue("SELECT pgmq.drop_queue('jobs', false)")
	require.Contains(t, q.notices[0], "WARNING")
}

func TestPurge(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[])")
	q.exec("SELECT pgmq.archive('jobs', 1)")
	require.Equal(t, []int64{2}, q.ids("SELECT pgmq.purge_queue('jobs')"))
	require.Equal(t, []int64{0}, q.ids("SELECT pgmq.purge_queue('jobs')"))
	require.Equal(t, []int64{4}, q.ids("SELECT pgmq.send('jobs', '4')"), "ids go on")
	require.Equal(t, []int64{1}, q.ids("SELECT msg_id FROM pgmq.a_jobs"))
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.isTrue(`SELECT (queue_name, queue_length, total_messages, queue_visible_length) = ('jobs', 0, 0, 0)
		AND newest_msg_age_sec IS NULL AND oldest_msg_age_sec IS NULL AND scrape_time <= clock_timestamp() FROM pgmq.metrics('jobs')`)
	q.exec("SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[])")
	q.exec("UPDATE pgmq.q_jobs SET enqueued_at = clock_timestamp() - make_interval(mins => msg_id::integer)")
	q.exec("SELECT pgmq.delete('jobs', 2)")
	q.exec("SELECT pgmq.set_vt('jobs', 3, 100)")
	q.isTrue(`SELECT (queue_name, queue_length, total_messages, queue_visible_length) = ('jobs', 2, 3, 1)
		AND newest_msg_age_sec BETWEEN 60 AND 90 AND oldest_msg_age_sec BETWEEN 180 AND 210 FROM pgmq.metrics('jobs')`)

	q.undone("SELECT pgmq.send('jobs', '4')") // but its id is gone
	q.isTrue("SELECT total_messages = 4 FROM pgmq.metrics('jobs')")
	require.Equal(t, "jobs,orchestration_step_results,orchestration_task_requests",
		q.text("SELECT string_agg(queue_name, ',' ORDER BY queue_name) FROM pgmq.metrics_all()"))
}

func TestListQueues(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.isTrue(`SELECT count(*) = 1 AND bool_and(NOT is_partitioned AND NOT is_unlogged AND created_at <= clock_timestamp())
		FROM pgmq.list_queues() WHERE queue_name = 'jobs'`)
}
