-- From now on, sends to the queue notify whoever listens on "pgmq.q_<queue>.INSERT", no session more often than once in
-- the interval. Enabled again, it takes the new interval.
CREATE OR REPLACE FUNCTION pgmq.enable_notify_insert(queue_name text, throttle_interval_ms integer DEFAULT 250)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  queue text := pgmq.format_table_name(queue_name, 'q');
BEGIN
  IF throttle_interval_ms < 0 THEN
    RAISE EXCEPTION 'throttle_interval_ms must be non-negative';
  ELSIF queue IS NULL OR to_regclass(format('pgmq.%I', queue)) IS NULL THEN
    RAISE EXCEPTION 'Queue "%" does not exist. Create it first using pgmq.create()', queue_name;
  END IF;
  EXECUTE format('DROP TRIGGER IF EXISTS trigger_notify_queue_insert_listeners ON pgmq.%I', queue);
  INSERT INTO pgmq.notify_insert_throttle AS throttle (queue_name, throttle_interval_ms)
  VALUES (queue_name, throttle_interval_ms)
  ON CONFLICT ON CONSTRAINT notify_insert_throttle_queue_name_key
  DO UPDATE SET throttle_interval_ms = EXCLUDED.throttle_interval_ms, last_notified_at = DEFAULT;
  -- By statement: a batch is worth one look at the clock and one notification.
  EXECUTE format('CREATE TRIGGER trigger_notify_queue_insert_listeners AFTER INSERT ON pgmq.%I
    FOR EACH STATEMENT EXECUTE FUNCTION pgmq.notify_queue_listeners()', queue);
END $$;
