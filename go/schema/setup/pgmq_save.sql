-- One pgmq gives way to another. What its own tables hold is kept until the other is there, and who may do what; the queues
-- and archives stay where they are, with their sequences. Nobody makes or drops a queue meanwhile.
DO $$
DECLARE
  lost text;
BEGIN
  IF to_regclass('pgmq.notify_insert_throttle') IS NULL THEN
    RAISE EXCEPTION 'this pgmq is older than 1.8: bring it up to date first';
  END IF;
  LOCK TABLE pgmq.meta, pgmq.notify_insert_throttle IN ACCESS EXCLUSIVE MODE;
  IF to_regclass('pgmq.topic_bindings') IS NOT NULL THEN
    EXECUTE 'SELECT string_agg(format(''%s for %s'', pattern, queue_name), '', '') FROM pgmq.topic_bindings' INTO lost;
    IF lost IS NOT NULL THEN
      RAISE EXCEPTION 'topics would be lost, which only the extension knows: %', lost
        USING HINT = 'Remove them (pgmq.unbind_topic), and try again.';
    END IF;
  END IF;
END $$;

CREATE TEMPORARY TABLE tasker_pgmq_queues ON COMMIT DROP AS
SELECT queue_name, is_partitioned, is_unlogged, created_at FROM pgmq.meta;

CREATE TEMPORARY TABLE tasker_pgmq_throttles ON COMMIT DROP AS
SELECT queue_name, throttle_interval_ms, last_notified_at FROM pgmq.notify_insert_throttle;

INSERT INTO pg_temp.tasker_privileges (kind, name, privileges)
SELECT 'TABLE', oid::regclass::text, relacl
  FROM pg_class
 WHERE oid IN ('pgmq.meta'::regclass, 'pgmq.notify_insert_throttle'::regclass) AND relacl IS NOT NULL
UNION ALL
SELECT 'ROUTINE', oid::regprocedure::text, proacl
  FROM pg_proc
 WHERE pronamespace = 'pgmq'::regnamespace AND proacl IS NOT NULL;
