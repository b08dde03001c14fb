-- Changes how often a session that sends to the queue notifies at most.
CREATE OR REPLACE FUNCTION pgmq.update_notify_insert(queue_name text, throttle_interval_ms integer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF throttle_interval_ms < 0 THEN
    RAISE EXCEPTION 'throttle_interval_ms must be non-negative, got: %', throttle_interval_ms;
  ELSIF NOT EXISTS (SELECT FROM pgmq.meta WHERE meta.queue_name = update_notify_insert.queue_name) THEN
    RAISE EXCEPTION 'Queue "%" does not exist. Create the queue first using pgmq.create()', queue_name;
  END IF;
  UPDATE pgmq.notify_insert_throttle throttle
     SET throttle_interval_ms = update_notify_insert.throttle_interval_ms, last_notified_at = DEFAULT
   WHERE throttle.queue_name = update_notify_insert.queue_name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Queue "%" does not have notify_insert enabled. Enable it first using pgmq.enable_notify_insert()', queue_name;
  END IF;
END $$;
