package schema_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// What clients see of pgmq: they scan records by position, call with untyped parameters and read the tables. One more
// column or one more form of a function breaks some of them.

const pgmqFunctions = `acquire_queue_lock(queue_name text) void
archive(queue_name text, msg_id bigint) boolean
archive(queue_name text, msg_ids bigint[]) SETOF bigint
convert_archive_partitioned(table_name text, partition_interval text DEFAULT '10000'::text, retention_interval text DEFAULT '100000'::text, leading_partition integer DEFAULT 10) void
create(queue_name text) void
create_non_partitioned(queue_name text) void
create_partitioned(queue_name text, partition_interval text DEFAULT '10000'::text, retention_interval text DEFAULT '100000'::text) void
create_unlogged(queue_name text) void
delete(queue_name text, msg_id bigint) boolean
delete(queue_name text, msg_ids bigint[]) SETOF bigint
detach_archive(queue_name text) void
disable_notify_insert(queue_name text) void
drop_queue(queue_name text) boolean
drop_queue(queue_name text, partitioned boolean) boolean
enable_notify_insert(queue_name text, throttle_interval_ms integer DEFAULT 250) void
format_table_name(queue_name text, prefix text) text
list_notify_insert_throttles() TABLE(queue_name text, throttle_interval_ms integer, last_notified_at timestamp with time zone)
list_queues() SETOF pgmq.queue_record
metrics(queue_name text) pgmq.metrics_result
metrics_all() SETOF pgmq.metrics_result
notify_queue_listeners() trigger
pop(queue_name text, qty integer DEFAULT 1) SETOF pgmq.message_record
purge_queue(queue_name text) bigint
read(queue_name text, vt integer, qty integer, conditional jsonb DEFAULT '{}'::jsonb) SETOF pgmq.message_record
read_with_poll(queue_name text, vt integer, qty integer, max_poll_seconds integer DEFAULT 5, poll_interval_ms integer DEFAULT 100, conditional jsonb DEFAULT '{}'::jsonb) SETOF pgmq.message_record
send(queue_name text, msg jsonb) SETOF bigint
send(queue_name text, msg jsonb, delay integer) SETOF bigint
send(queue_name text, msg jsonb, delay timestamp with time zone) SETOF bigint
send(queue_name text, msg jsonb, headers jsonb) SETOF bigint
send(queue_name text, msg jsonb, headers jsonb, delay integer) SETOF bigint
send(queue_name text, msg jsonb, headers jsonb, delay timestamp with time zone) SETOF bigint
send_batch(queue_name text, msgs jsonb[]) SETOF bigint
send_batch(queue_name text, msgs jsonb[], delay integer) SETOF bigint
send_batch(queue_name text, msgs jsonb[], delay timestamp with time zone) SETOF bigint
send_batch(queue_name text, msgs jsonb[], headers jsonb[]) SETOF bigint
send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) SETOF bigint
send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamp with time zone) SETOF bigint
set_vt(queue_name text, msg_id bigint, vt integer) SETOF pgmq.message_record
set_vt(queue_name text, msg_id bigint, vt timestamp with time zone) SETOF pgmq.message_record
set_vt(queue_name text, msg_ids bigint[], vt integer) SETOF pgmq.message_record
set_vt(queue_name text, msg_ids bigint[], vt timestamp with time zone) SETOF pgmq.message_record
update_notify_insert(queue_name text, throttle_interval_ms integer) void
validate_queue_name(queue_name text) void`

func TestFunctionsOfPgmq(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.sameLines(pgmqFunctions, q.text(`SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
		SELECT format('%s(%s) %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid)) AS line
		FROM pg_proc WHERE pronamespace = 'pgmq'::regnamespace) AS functions`))
}

// sameLines asserts that there is what is wanted, and nothing else; the extension may have more.
func (q *queueTest) sameLines(want, found string) {
	q.Helper()
	if q.ours {
		require.Equal(q, want, found)
	} else {
		require.Subset(q, strings.Split(found, "\n"), strings.Split(want, "\n"))
	}
}

func TestColumnsOfPgmq(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	for relation, want := range map[string]string{
		"message_record": `msg_id bigint
read_ct integer
enqueued_at timestamp with time zone
last_read_at timestamp with time zone
vt timestamp with time zone
message jsonb
headers jsonb`,
		"queue_record": `queue_name character varying
is_partitioned boolean
is_unlogged boolean
created_at timestamp with time zone`,
		"metrics_result": `queue_name text
queue_length bigint
newest_msg_age_sec integer
oldest_msg_age_sec integer
total_messages bigint
scrape_time timestamp with time zone
queue_visible_length bigint`,
		"meta": `queue_name character varying not null
is_partitioned boolean not null
is_unlogged boolean not null
created_at timestamp with time zone not null now()`,
		"notify_insert_throttle": `queue_name character varying not null
throttle_interval_ms integer not null 0
last_notified_at timestamp with time zone not null to_timestamp((0)::double precision)`,
		"q_jobs": `msg_id bigint not null identity a
read_ct integer not null 0
enqueued_at timestamp with time zone not null now()
last_read_at timestamp with time zone
vt timestamp with time zone not null
message jsonb
headers jsonb`,
		"a_jobs": `msg_id bigint not null
read_ct integer not null 0
enqueued_at timestamp with time zone not null now()
last_read_at timestamp with time zone
archived_at timestamp with time zone not null now()
vt timestamp with time zone not null
message jsonb
headers jsonb`,
	} {
		q.sameLines(want, q.text(`SELECT string_agg(concat_ws(' ', attname,
				format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END,
				'identity ' || nullif(attidentity::text, ''), pg_get_expr(adbin, adrelid)), E'\n' ORDER BY attnum)
			FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
			WHERE attrelid = ('pgmq.' || $1)::regclass AND attnum > 0`, relation))
	}
}

func TestNamesOfPgmq(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	q.exec("SELECT pgmq.drop_queue(queue_name) FROM pgmq.meta WHERE queue_name <> 'jobs'")
	q.sameLines(strings.Join([]string{
		"c message_record", "c metrics_result", "c queue_record",
		"S q_jobs_msg_id_seq",
		"i a_jobs_pkey", "i archived_at_idx_jobs", "i idx_notify_throttle_active", "i meta_queue_name_key",
		"i notify_insert_throttle_queue_name_key", "i q_jobs_pkey", "i q_jobs_vt_idx",
		"r a_jobs", "r meta", "r notify_insert_throttle", "r q_jobs",
	}, "\n"), q.text(`SELECT string_agg(relkind::text || ' ' || relname, E'\n' ORDER BY position(relkind::text IN 'cSir'), relname)
		FROM pg_class WHERE relnamespace = 'pgmq'::regnamespace`))
}

// Ensure that the calls that clients make, with parameters of no declared type, find one function.
func TestUntypedCallsResolve(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	conn, err := q.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for _, call := range []string{
		"read($1, $2, $3)", "read($1, $2, $3, $4)", "pop($1)", "pop($1, $2)",
		"send($1, $2)", "send($1, $2, $3::int)", "send($1, $2, $3::jsonb)", "send($1, $2, $3, $4::int)",
		"send_batch($1, $2)", "send_batch($1, $2::jsonb[], $3::int)", "send_batch($1, $2::jsonb[], $3::jsonb[])",
		"create($1)", "drop_queue($1)", "purge_queue($1)", "metrics($1)", "metrics_all()", "list_queues()",
		"delete($1, $2::bigint)", "delete($1, $2::bigint[])", "archive($1, $2::bigint)", "archive($1, $2::bigint[])",
		"set_vt($1, $2::bigint, $3::int)", "set_vt($1, $2::bigint[], $3::timestamptz)",
		"send(queue_name => $1, msg => $2)", "send(queue_name => $1, msg => $2, delay => $3::int)",
		"send(queue_name => $1, msg => $2, headers => $3)",
		"send_batch(queue_name => $1, msgs => $2, headers => $3)",
		"read(queue_name => $1, vt => $2, qty => $3, conditional => $4)", "pop(queue_name => $1, qty => $2)",
		"delete(queue_name => $1, msg_id => $2)", "delete(queue_name => $1, msg_ids => $2)",
		"archive(queue_name => $1, msg_id => $2)", "archive(queue_name => $1, msg_ids => $2)",
		"set_vt(queue_name => $1, msg_id => $2, vt => $3::int)",
	} {
		_, err := conn.Conn().Prepare(t.Context(), "", "SELECT * FROM pgmq."+call)
		require.NoError(t, err, call)
	}
	// What the real one refuses is refused here too, or a program written against ours would fail there.
	for call, code := range map[string]string{
		"set_vt($1, $2, $3)": "42725", "delete($1, $2)": "42725", "send($1, $2, $3)": "42725",
	} {
		_, err := conn.Conn().Prepare(t.Context(), "", "SELECT * FROM pgmq."+call)
		var server *pgconn.PgError
		require.ErrorAs(t, err, &server, call)
		require.Equal(t, code, server.Code, call)
	}
}

func TestUnknownQueue(t *testing.T) {
	t.Parallel()
	q := newQueueTest(t)
	for _, call := range []string{
		"send('x', '{}')", "send('x', '{}', '{}'::jsonb)", "send('x', '{}', 1)", "send('x', '{}', now())",
		"send('x', '{}', '{}', 1)", "send('x', '{}', '{}', now())", "send_batch('x', '{1}'::jsonb[])",
		"read('x', 1, 1)", "pop('x')", "set_vt('x', 1, 1)", "delete('x', 1)", "delete('x', '{1}'::bigint[])",
		"archive('x', 1)", "archive('x', '{1}'::bigint[])", "purge_queue('x')", "metrics('x')",
	} {
		q.refused("42P01", `relation "pgmq.q_x" does not exist`, "SELECT * FROM pgmq."+call)
	}
}

// Ensure that a role can work with the rights that pgmq's documentation names, and a monitor can look.
func TestRightsOfARole(t *testing.T) {
	t.Parallel()
	role := mustRole(t)
	q := newQueueTest(t)
	conn, err := q.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	dbtest.Execute(t, conn.Conn(), `GRANT USAGE ON SCHEMA pgmq TO `+role+`;
		GRANT SELECT, INSERT, UPDATE, DELETE ON pgmq.q_jobs, pgmq.a_jobs TO `+role+`;
		GRANT SELECT ON pgmq.meta TO `+role+`;
		SET ROLE `+role+`;
		SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3', '4']::jsonb[]);
		SELECT pgmq.send('jobs', '5'), pgmq.read('jobs', 1, 1), pgmq.set_vt('jobs', 1, 1), pgmq.delete('jobs', 1);
		SELECT pgmq.archive('jobs', 2), pgmq.pop('jobs'), pgmq.list_queues();
		SET ROLE pg_monitor;
		SELECT count(*) FROM pgmq.q_jobs, pgmq.a_jobs, pgmq.meta;
		SELECT pgmq.metrics_all();
		RESET ROLE`)
	_, err = conn.Exec(t.Context(), "SET ROLE "+role)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pgmq.create('not_allowed')")
	require.ErrorContains(t, err, "permission denied for schema pgmq")
}
