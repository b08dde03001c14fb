-- Drops the queue, its archive and its entry in pgmq.meta; false if there is no such queue.
CREATE OR REPLACE FUNCTION pgmq.drop_queue(queue_name text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pgmq.acquire_queue_lock(queue_name);
  IF NOT EXISTS (SELECT FROM pgmq.meta WHERE meta.queue_name = drop_queue.queue_name) THEN
    RAISE NOTICE 'pgmq queue `%` does not exist', queue_name;
    RETURN false;
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  EXECUTE format('DROP TABLE IF EXISTS pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
  DELETE FROM pgmq.meta WHERE meta.queue_name = drop_queue.queue_name;
  RETURN true;
END $$;

-- The older form. Whether a queue is partitioned stands in pgmq.meta, so the argument decides nothing.
CREATE OR REPLACE FUNCTION pgmq.drop_queue(queue_name text, partitioned boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE WARNING 'drop_queue(queue_name, partitioned) is deprecated, use drop_queue(queue_name)';
  PERFORM pgmq.drop_queue(queue_name);
  RETURN true;
END $$;
