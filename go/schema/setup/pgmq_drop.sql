-- Takes a pgmq away, all but the queues. What is not pgmq's stays, and nothing is cascaded: when an object of the user's
-- depends on it, PostgreSQL names it and everything is rolled back.
DO $$
DECLARE
  statement text;
  unknown   text;
BEGIN
  FOR statement IN
    SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
      FROM pg_trigger
     WHERE tgfoid = to_regproc('pgmq.notify_queue_listeners') AND NOT tgisinternal AND tgparentid = 0
  LOOP
    EXECUTE statement;
  END LOOP;

  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pgmq') THEN
    -- Of old, queues were the extension's and would go with it.
    FOR statement IN
      SELECT format('ALTER EXTENSION pgmq DROP %s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
        FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
       WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
         AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgmq')
         AND relkind IN ('r', 'p', 'S') AND relname ~ '^[qa]_'
    LOOP
      EXECUTE statement;
    END LOOP;
    DROP EXTENSION pgmq;
    RETURN;
  END IF;

  SELECT string_agg(oid::regprocedure::text, ', ') INTO unknown
    FROM pg_proc
   WHERE pronamespace = 'pgmq'::regnamespace
     AND proname !~ '^_'
     AND proname !~ '^(read|read_with_poll|read_grouped\w*|pop|send|send_batch|send_topic|send_batch_topic|set_vt|delete|archive)$'
     AND proname !~ '^(create|create_(non_|un|)(partitioned|logged)|create_fifo_index(es_all)?|convert_archive_partitioned|drop_queue)$'
     AND proname !~ '^(purge_queue|list_queues|detach_archive|metrics|metrics_all|format_table_name|validate_queue_name)$'
     AND proname !~ '^((enable|disable|update)_notify_insert|list_notify_insert_throttles|notify_queue_listeners|acquire_queue_lock)$'
     AND proname !~ '^((un)?bind_topic|list_topic_bindings|test_routing|validate_routing_key|validate_topic_pattern)$';
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'schema pgmq holds what is not pgmq''s: %', unknown
      USING HINT = 'Move it to another schema, and try again.';
  END IF;
  DROP SCHEMA IF EXISTS tasker_pgmq CASCADE;
  EXECUTE (SELECT 'DROP ROUTINE ' || string_agg(oid::regprocedure::text, ', ') FROM pg_proc WHERE pronamespace = 'pgmq'::regnamespace);
  DROP TABLE IF EXISTS pgmq.topic_bindings;
  DROP TABLE pgmq.notify_insert_throttle, pgmq.meta;
  DROP TYPE pgmq.message_record, pgmq.queue_record, pgmq.metrics_result;
END $$;

COMMENT ON SCHEMA pgmq IS NULL;
