-- Reads as pgmq.read does, and while there is nothing looks again and again, for so many seconds. It holds the caller's
-- connection and transaction all the time: what others send meanwhile is seen only in READ COMMITTED.
CREATE OR REPLACE FUNCTION pgmq.read_with_poll(
  queue_name text, vt integer, qty integer, max_poll_seconds integer DEFAULT 5, poll_interval_ms integer DEFAULT 100,
  conditional jsonb DEFAULT '{}')
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $$
DECLARE
  until  timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
  -- Never so short that waiting is work, never beyond the end.
  pause  double precision := greatest(coalesce(poll_interval_ms, 0), 1) / 1000.0;
BEGIN
  WHILE clock_timestamp() < until LOOP
    RETURN QUERY SELECT * FROM pgmq.read(queue_name, vt, qty, conditional);
    EXIT WHEN FOUND;
    PERFORM pg_sleep(least(pause, extract(epoch FROM until - clock_timestamp())));
  END LOOP;
END $$;
