-- The queues that notify, and how often at most.
CREATE OR REPLACE FUNCTION pgmq.list_notify_insert_throttles()
RETURNS TABLE (queue_name text, throttle_interval_ms integer, last_notified_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT throttle.queue_name, throttle.throttle_interval_ms, throttle.last_notified_at
    FROM pgmq.notify_insert_throttle throttle
   ORDER BY throttle.queue_name;
$$;
