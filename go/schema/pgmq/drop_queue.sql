-- Drops the queue, its archive and its entry in pgmq.meta; false if there is no such queue.
CREATE OR REPLACE FUNCTION pgmq.drop_queue(queue_name text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  queue   text := pgmq.format_table_name(queue_name, 'q');
  archive text := pgmq.format_table_name(queue_name, 'a');
  kinds   "char"[];
BEGIN
  PERFORM pgmq.acquire_queue_lock(queue_name);
  -- The catalog is read as tables: what another session dropped while this one waited for the lock must be seen.
  SELECT array_agg(c.relkind) INTO kinds
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = 'pgmq' AND c.relname IN (queue::name, archive::name)
  HAVING bool_or(c.relname = queue::name);
  IF kinds IS NULL THEN
    RAISE NOTICE 'pgmq queue `%` does not exist', queue_name;
    RETURN false;
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS pgmq.%I', queue);
  EXECUTE format('DROP TABLE IF EXISTS pgmq.%I', archive);
  PERFORM tasker_pgmq.drop_functions(queue_name);
  DELETE FROM pgmq.meta WHERE meta.queue_name = drop_queue.queue_name;
  IF 'p' = ANY (kinds) AND tasker_pgmq.partman_schema() IS NOT NULL THEN
    EXECUTE format('DELETE FROM %s.part_config WHERE parent_table IN ($1, $2)', tasker_pgmq.partman_schema())
      USING 'pgmq.' || queue, 'pgmq.' || archive;
  END IF;
  RETURN true;
END $$;

-- The older form. Whether a queue is partitioned stands in pgmq.meta, so the argument decides nothing.
CREATE OR REPLACE FUNCTION pgmq.drop_queue(queue_name text, partitioned boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE WARNING 'drop_queue(queue_name, partitioned) is deprecated and will be removed in PGMQ v2.0. Use drop_queue(queue_name) instead';
  PERFORM pgmq.drop_queue(queue_name);
  RETURN true;
END $$;
