-- Removes all messages, not the archive, and says how many there were. Message ids go on from where they were.
CREATE OR REPLACE FUNCTION pgmq.purge_queue(queue_name text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  queue  text := pgmq.format_table_name(queue_name, 'q');
  purged bigint;
BEGIN
  -- Locked before counting, or a message sent in between would vanish uncounted.
  EXECUTE format('LOCK TABLE pgmq.%I IN ACCESS EXCLUSIVE MODE', queue);
  EXECUTE format('SELECT count(*) FROM pgmq.%I', queue) INTO purged;
  EXECUTE format('TRUNCATE TABLE pgmq.%I', queue);
  RETURN purged;
END $$;
