-- Sends to the queue notify nobody any more. A queue that is not there, or never notified, is no mistake.
CREATE OR REPLACE FUNCTION pgmq.disable_notify_insert(queue_name text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DROP TRIGGER IF EXISTS trigger_notify_queue_insert_listeners ON pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  DELETE FROM pgmq.notify_insert_throttle throttle WHERE throttle.queue_name = disable_notify_insert.queue_name;
END $$;
