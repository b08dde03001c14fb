-- What is made in schema pgmq from here on is ours; choose_pgmq.sql knows the mark. Queues get what ours need: a column of
-- pgmq 1.10, and settings that fit a queue.
COMMENT ON SCHEMA pgmq IS 'pgmq, SQL only, installed by tasker-core';

DO $$
DECLARE
  queue record;
BEGIN
  FOR queue IN
    SELECT format('pgmq.%I', 'q_' || lower(queue_name)) AS live, format('pgmq.%I', 'a_' || lower(queue_name)) AS archive, is_partitioned
      FROM pg_temp.tasker_pgmq_queues
  LOOP
    EXECUTE format('ALTER TABLE IF EXISTS %s ADD COLUMN IF NOT EXISTS last_read_at timestamptz', queue.live);
    EXECUTE format('ALTER TABLE IF EXISTS %s ADD COLUMN IF NOT EXISTS last_read_at timestamptz', queue.archive);
    IF NOT queue.is_partitioned THEN
      EXECUTE format('ALTER TABLE IF EXISTS %s SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0)', queue.live);
    END IF;
  END LOOP;
END $$;
