-- Creates a queue whose messages are not written to the log: faster, and empty after a crash. Its archive is a plain table.
CREATE OR REPLACE FUNCTION pgmq.create_unlogged(queue_name text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tasker_pgmq.create_tables(queue_name, unlogged => true);
END $$;
