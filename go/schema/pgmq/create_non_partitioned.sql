-- Creates a queue of plain tables and lists it in pgmq.meta, unless it exists.
CREATE OR REPLACE FUNCTION pgmq.create_non_partitioned(queue_name text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tasker_pgmq.create_tables(queue_name, unlogged => false);
END $$;
