-- Reads by going through the queue from its beginning: with a condition, or where the queue has no functions of its own.
-- The ids are collected into an array first: with a join the planner may choose to read the whole table.
CREATE OR REPLACE FUNCTION tasker_pgmq.read_scanning(queue text, vt integer, qty integer, conditional jsonb)
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
    queue, CASE WHEN conditional <> '{}' THEN 'AND message @> $3' END)
  USING make_interval(secs => vt), qty, conditional;
END $$;
