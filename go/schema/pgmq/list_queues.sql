-- All queues, as they were named when they were created.
CREATE OR REPLACE FUNCTION pgmq.list_queues()
RETURNS SETOF pgmq.queue_record LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT meta.queue_name, meta.is_partitioned, meta.is_unlogged, meta.created_at FROM pgmq.meta;
END $$;
