-- Partitions are pg_partman's work.
CREATE OR REPLACE FUNCTION tasker_pgmq.require_partman()
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF tasker_pgmq.partman_schema() IS NULL THEN
    RAISE EXCEPTION 'pg_partman is required for partitioned queues';
  END IF;
END $$;
