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

-- What our functions in schema pgmq share, out of the way of those who look into it. Whoever may call those calls these.
CREATE SCHEMA IF NOT EXISTS tasker_pgmq;
COMMENT ON SCHEMA tasker_pgmq IS 'What the SQL-only pgmq of tasker-core needs besides schema pgmq.';
GRANT USAGE ON SCHEMA tasker_pgmq TO PUBLIC;

DO $$
BEGIN
  IF to_regtype('tasker_pgmq.hint') IS NULL THEN
    -- Where a session looks for messages first: see take_body.sql. Times are seconds since 1970, to be read and written fast.
    CREATE TYPE tasker_pgmq.hint AS (
      head   bigint,
      low    double precision,
      looked double precision, -- when it was looked for what lies before these
      due    double precision  -- when to look there again
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

-- Unlogged as the extension's is: after a crash nobody notifies until it is enabled again.
CREATE UNLOGGED TABLE IF NOT EXISTS pgmq.notify_insert_throttle (
  queue_name           varchar     UNIQUE NOT NULL
                                   CONSTRAINT notify_insert_throttle_meta_queue_name_fk REFERENCES pgmq.meta (queue_name) ON DELETE CASCADE,
  throttle_interval_ms integer     NOT NULL DEFAULT 0,
  last_notified_at     timestamptz NOT NULL DEFAULT to_timestamp(0)
);
CREATE INDEX IF NOT EXISTS idx_notify_throttle_active ON pgmq.notify_insert_throttle (queue_name, last_notified_at)
 WHERE throttle_interval_ms > 0;
