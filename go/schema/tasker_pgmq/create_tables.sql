-- Makes the tables of a queue that is not partitioned: messages and archive, with the indexes and names that clients and
-- exporters look for. Only the messages of an unlogged queue are unlogged.
CREATE OR REPLACE FUNCTION tasker_pgmq.create_tables(queue_name text, unlogged boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  queue   text := pgmq.format_table_name(queue_name, 'q');
  archive text := pgmq.format_table_name(queue_name, 'a');
BEGIN
  PERFORM pgmq.validate_queue_name(queue_name);
  PERFORM pgmq.acquire_queue_lock(queue_name);

  -- Every message is updated once and deleted soon: room for the update on its page, and vacuum by count,
  -- for a share of a table that is nearly empty means nothing.
  EXECUTE format($table$
    CREATE %s TABLE IF NOT EXISTS pgmq.%I (
      msg_id       bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      read_ct      integer     NOT NULL DEFAULT 0,
      enqueued_at  timestamptz NOT NULL DEFAULT now(),
      last_read_at timestamptz,
      vt           timestamptz NOT NULL,
      message      jsonb,
      headers      jsonb
    ) WITH (
      fillfactor = 70,
      autovacuum_vacuum_scale_factor = 0,
      autovacuum_vacuum_threshold = 10000,
      autovacuum_vacuum_cost_delay = 0
    )$table$, CASE WHEN unlogged THEN 'UNLOGGED' END, queue);
  EXECUTE format($table$
    CREATE TABLE IF NOT EXISTS pgmq.%I (
      msg_id       bigint      PRIMARY KEY,
      read_ct      integer     NOT NULL DEFAULT 0,
      enqueued_at  timestamptz NOT NULL DEFAULT now(),
      last_read_at timestamptz,
      archived_at  timestamptz NOT NULL DEFAULT now(),
      vt           timestamptz NOT NULL,
      message      jsonb,
      headers      jsonb
    )$table$, archive);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (vt)', queue || '_vt_idx', queue);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
  IF tasker_pgmq.own_function('take', queue_name) IS NULL THEN -- or every session would plan anew
    PERFORM tasker_pgmq.make_functions(queue_name);
  END IF;

  INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged)
  VALUES (queue_name, false, unlogged)
  ON CONFLICT DO NOTHING;
END $$;
