-- Takes up to qty visible messages off the queue, lowest id first: delivered at most once.
CREATE OR REPLACE FUNCTION pgmq.pop(queue_name text, qty integer DEFAULT 1)
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $$
DECLARE
  own text := tasker_pgmq.own_function('pop', queue_name);
BEGIN
  IF qty BETWEEN 1 AND 10000 AND own IS NOT NULL THEN
    RETURN QUERY EXECUTE 'SELECT * FROM ' || own || '($1)' USING qty;
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH taken AS (
       DELETE FROM pgmq.%1$I
        WHERE msg_id = ANY (ARRAY(
              SELECT msg_id FROM pgmq.%1$I
               WHERE vt <= clock_timestamp()
               ORDER BY msg_id
               LIMIT $1
                 FOR UPDATE SKIP LOCKED))
       RETURNING msg_id, read_ct, enqueued_at, last_read_at, vt, message, headers)
     SELECT msg_id, read_ct, enqueued_at, last_read_at, vt, message, headers FROM taken ORDER BY msg_id', pgmq.format_table_name(queue_name, 'q'))
  USING qty;
END $$;
