-- Creates a queue whose messages and archive are partitioned, by count or by time, through pg_partman. There is no primary
-- key: PostgreSQL could hold it to one value only within a partition.
CREATE OR REPLACE FUNCTION pgmq.create_partitioned(
  queue_name text, partition_interval text DEFAULT '10000', retention_interval text DEFAULT '100000')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  queue           text := pgmq.format_table_name(queue_name, 'q');
  archive         text := pgmq.format_table_name(queue_name, 'a');
  queue_control   text := tasker_pgmq.partition_column(partition_interval, 'enqueued_at');
  archive_control text := tasker_pgmq.partition_column(partition_interval, 'archived_at');
BEGIN
  PERFORM pgmq.validate_queue_name(queue_name);
  PERFORM tasker_pgmq.require_partman();
  PERFORM pgmq.acquire_queue_lock(queue_name);

  EXECUTE format($table$
    CREATE TABLE IF NOT EXISTS pgmq.%I (
      msg_id       bigint      GENERATED ALWAYS AS IDENTITY,
      read_ct      integer     NOT NULL DEFAULT 0,
      enqueued_at  timestamptz NOT NULL DEFAULT now(),
      last_read_at timestamptz,
      vt           timestamptz NOT NULL,
      message      jsonb,
      headers      jsonb
    ) PARTITION BY RANGE (%I)$table$, queue, queue_control);
  EXECUTE format($table$
    CREATE TABLE IF NOT EXISTS pgmq.%I (
      msg_id       bigint      NOT NULL,
      read_ct      integer     NOT NULL DEFAULT 0,
      enqueued_at  timestamptz NOT NULL DEFAULT now(),
      last_read_at timestamptz,
      archived_at  timestamptz NOT NULL DEFAULT now(),
      vt           timestamptz NOT NULL,
      message      jsonb,
      headers      jsonb
    ) PARTITION BY RANGE (%I)$table$, archive, archive_control);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (%I)', queue || '_part_idx', queue, queue_control);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
  PERFORM tasker_pgmq.partition(queue, queue_control, partition_interval, retention_interval);
  PERFORM tasker_pgmq.partition(archive, archive_control, partition_interval, retention_interval);

  INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged)
  VALUES (queue_name, true, false)
  ON CONFLICT DO NOTHING;
END $$;
