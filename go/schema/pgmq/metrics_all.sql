-- pgmq.metrics of every queue.
CREATE OR REPLACE FUNCTION pgmq.metrics_all()
RETURNS SETOF pgmq.metrics_result LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT measured.* FROM pgmq.meta CROSS JOIN LATERAL pgmq.metrics(meta.queue_name) AS measured;
END $$;
