-- Leases up to qty visible messages for vt seconds, lowest id first: each goes to one reader and comes back if it is
-- not deleted or archived in time. With a condition, only messages that contain it.
-- The ids are collected into an array first: with a join the planner may choose to read the whole table.
CREATE OR REPLACE FUNCTION pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb DEFAULT '{}')
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'WITH leased AS (
       UPDATE pgmq.%1$I AS queue
          SET vt = clock_timestamp() + $1, read_ct = queue.read_ct + 1, last_read_at = clock_timestamp()
        WHERE msg_id = ANY (ARRAY(
              SELECT msg_id FROM pgmq.%1$I
               WHERE vt <= clock_timestamp() %2$s
               ORDER BY msg_id
               LIMIT $2
                 FOR UPDATE SKIP LOCKED))
       RETURNING msg_id, read_ct, enqueued_at, last_read_at, vt, message, headers)
     SELECT msg_id, read_ct, enqueued_at, last_read_at, vt, message, headers FROM leased ORDER BY msg_id',
    pgmq.format_table_name(queue_name, 'q'),
    CASE WHEN conditional <> '{}' THEN 'AND message @> $3' END)
  USING make_interval(secs => vt), qty, conditional;
END $$;
