-- Makes the functions of a queue with which it is read: their statements name its table, so that they are planned once a
-- session and not for every message. They are made again by every migrate. Whoever may make queues but not functions here
-- has queues all the same: they are read by going through them, see read_scanning.
--
-- Plans are made early, when there is nothing in the table, and serve for long: only an index will do, whatever
-- the planner thinks of it then.
CREATE OR REPLACE FUNCTION tasker_pgmq.make_functions(queue_name text)
RETURNS void LANGUAGE plpgsql AS $make$
DECLARE
  name     text := lower(queue_name);
  queue    text := format('pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  settings text := 'SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan SET jit = off';
BEGIN
  IF octet_length('take/' || name) > 63 THEN
    RETURN;
  END IF;
  EXECUTE replace(format($sql$
    CREATE OR REPLACE FUNCTION tasker_pgmq.%1$I(queue oid, qty integer) RETURNS bigint[] LANGUAGE plpgsql AS $body$
    %2$s
    $body$
  $sql$, 'take/' || name, tasker_pgmq.take_body()), 'pgmq.queue', queue);
  EXECUTE format($sql$
    CREATE OR REPLACE FUNCTION tasker_pgmq.%1$I(vt integer, qty integer) RETURNS SETOF pgmq.message_record LANGUAGE plpgsql %4$s AS $body$
    DECLARE
      ids   bigint[]    := tasker_pgmq.%2$I(%5$L::regclass, qty);
      until timestamptz := clock_timestamp() + make_interval(secs => vt);
    BEGIN
      IF cardinality(ids) > 0 THEN
        RETURN QUERY
        WITH leased AS (
          UPDATE %3$s AS queue SET vt = until, read_ct = queue.read_ct + 1, last_read_at = clock_timestamp()
           WHERE queue.msg_id = ANY (ids)
          RETURNING queue.msg_id, queue.read_ct, queue.enqueued_at, queue.last_read_at, queue.vt, queue.message, queue.headers)
        SELECT leased.msg_id, leased.read_ct, leased.enqueued_at, leased.last_read_at, leased.vt, leased.message, leased.headers
          FROM leased ORDER BY leased.msg_id;
      END IF;
    END
    $body$
  $sql$, 'read/' || name, 'take/' || name, queue, settings, queue);
  EXECUTE format($sql$
    CREATE OR REPLACE FUNCTION tasker_pgmq.%1$I(qty integer) RETURNS SETOF pgmq.message_record LANGUAGE plpgsql %4$s AS $body$
    DECLARE
      ids bigint[] := tasker_pgmq.%2$I(%5$L::regclass, qty);
    BEGIN
      IF cardinality(ids) > 0 THEN
        RETURN QUERY
        WITH popped AS (
          DELETE FROM %3$s AS queue WHERE queue.msg_id = ANY (ids)
          RETURNING queue.msg_id, queue.read_ct, queue.enqueued_at, queue.last_read_at, queue.vt, queue.message, queue.headers)
        SELECT popped.msg_id, popped.read_ct, popped.enqueued_at, popped.last_read_at, popped.vt, popped.message, popped.headers
          FROM popped ORDER BY popped.msg_id;
      END IF;
    END
    $body$
  $sql$, 'pop/' || name, 'take/' || name, queue, settings, queue);
EXCEPTION WHEN insufficient_privilege THEN
  NULL;
END $make$;
