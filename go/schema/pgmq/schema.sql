-- The types and the table of pgmq 1.11: clients read them by position and by name, so nothing may be added.
-- Run by every migrate, hence the guards.
DO $$
BEGIN
  IF to_regtype('pgmq.message_record') IS NULL THEN
    CREATE TYPE pgmq.message_record AS (
      msg_id       bigint,
      read_ct      integer,
      enqueued_at  timestamptz,
      last_read_at timestamptz,
      vt           timestamptz,
      message      jsonb,
      headers      jsonb
    );
  END IF;
  IF to_regtype('pgmq.queue_record') IS NULL THEN
    CREATE TYPE pgmq.queue_record AS (
      queue_name     varchar,
      is_partitioned boolean,
      is_unlogged    boolean,
      created_at     timestamptz
    );
  END IF;
  IF to_regtype('pgmq.metrics_result') IS NULL THEN
    CREATE TYPE pgmq.metrics_result AS (
      queue_name           text,
      queue_length         bigint,
      newest_msg_age_sec   integer,
      oldest_msg_age_sec   integer,
      total_messages       bigint,
      scrape_time          timestamptz,
      queue_visible_length bigint
    );
  END IF;
END $$;

-- Metrics exporters run as a member of pg_monitor and read the queue tables directly. Set before the first table is made.
GRANT USAGE ON SCHEMA pgmq TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA pgmq GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA pgmq GRANT SELECT ON SEQUENCES TO pg_monitor;

CREATE TABLE IF NOT EXISTS pgmq.meta (
  queue_name     varchar     UNIQUE NOT NULL,
  is_partitioned boolean     NOT NULL,
  is_unlogged    boolean     NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now()
);
