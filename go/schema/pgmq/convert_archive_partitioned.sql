-- Lays a queue's archive aside as a_<queue>_old, with what it holds, and starts a partitioned one in its place. How many
-- partitions are made ahead is pg_partman's default whatever leading_partition says, as it is with the extension.
CREATE OR REPLACE FUNCTION pgmq.convert_archive_partitioned(
  table_name text, partition_interval text DEFAULT '10000', retention_interval text DEFAULT '100000', leading_partition integer DEFAULT 10)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  archive text := pgmq.format_table_name(table_name, 'a');
  control text := tasker_pgmq.partition_column(partition_interval, 'archived_at');
  kind    "char";
BEGIN
  PERFORM pgmq.acquire_queue_lock(table_name);
  SELECT relkind INTO kind FROM pg_catalog.pg_class WHERE oid = to_regclass(format('pgmq.%I', archive));
  IF kind IS NULL THEN
    RAISE NOTICE 'Table % does not exist', archive;
    RETURN;
  ELSIF kind = 'p' THEN
    RAISE NOTICE 'Table % is already partitioned', archive;
    RETURN;
  END IF;
  PERFORM tasker_pgmq.require_partman();

  EXECUTE format('ALTER TABLE pgmq.%I RENAME TO %I', archive, archive || '_old');
  EXECUTE format('ALTER INDEX IF EXISTS pgmq.%I RENAME TO %I',
    'archived_at_idx_' || table_name, 'archived_at_idx_' || table_name || '_old');
  -- A key that does not contain the partitioning column cannot be, so where that is a time there is none.
  EXECUTE format('CREATE TABLE pgmq.%I (LIKE pgmq.%I INCLUDING ALL %s) PARTITION BY RANGE (%I)',
    archive, archive || '_old', CASE WHEN control <> 'msg_id' THEN 'EXCLUDING INDEXES' END, control);
  EXECUTE format('CREATE INDEX %I ON pgmq.%I (archived_at)', 'archived_at_idx_' || table_name, archive);
  PERFORM tasker_pgmq.partition(archive, control, partition_interval, retention_interval,
    ', retention_keep_index = false, infinite_time_partitions = true');
END $$;
