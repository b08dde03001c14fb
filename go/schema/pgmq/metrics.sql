-- How long the queue is and how old its messages are, as of the start of the transaction; counts all rows, so not for a
-- hot loop. total_messages is what the sequence gave out: messages of rolled back transactions are counted too.
CREATE OR REPLACE FUNCTION pgmq.metrics(queue_name text)
RETURNS pgmq.metrics_result LANGUAGE plpgsql AS $$
DECLARE
  queue  text := format('pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  result pgmq.metrics_result;
BEGIN
  EXECUTE format(
    'SELECT $1,
            count(*),
            extract(epoch FROM now() - max(enqueued_at))::integer,
            extract(epoch FROM now() - min(enqueued_at))::integer,
            (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s),
            now(),
            count(*) FILTER (WHERE vt <= now())
       FROM %s', pg_get_serial_sequence(queue, 'msg_id'), queue)
  USING queue_name INTO result;
  RETURN result;
END $$;
