-- Queues that are there get this build's functions. Those that somebody else made cannot be replaced, but whoever owns the
-- schema may drop them.
DO $$
DECLARE
  queue text;
BEGIN
  FOR queue IN
    SELECT queue_name FROM pgmq.meta
     WHERE NOT is_partitioned AND to_regclass(format('pgmq.%I', pgmq.format_table_name(queue_name, 'q'))) IS NOT NULL
     ORDER BY queue_name
  LOOP
    IF EXISTS (SELECT FROM pg_proc WHERE oid = to_regproc(tasker_pgmq.own_function('take', queue)) AND NOT pg_has_role(proowner, 'USAGE')) THEN
      PERFORM tasker_pgmq.drop_functions(queue);
    END IF;
    PERFORM tasker_pgmq.make_functions(queue);
  END LOOP;
END $$;
