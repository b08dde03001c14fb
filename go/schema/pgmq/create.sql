-- Creates a queue unless it exists. Part of the caller's transaction: a rollback removes it.
CREATE OR REPLACE FUNCTION pgmq.create(queue_name text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pgmq.create_non_partitioned(queue_name);
END $$;
