-- Retention: deletes messages that were archived longer ago than older_than from the archives of our queues: at most
-- quantity in one call, each queue's oldest first. Repeat it, each call a transaction of its own, until fewer than
-- quantity come back. Dead letters have a copy of theirs and stay; queues that are not ours are not touched.
CREATE FUNCTION tasker.delete_archived_messages(older_than interval, quantity integer DEFAULT 1000) RETURNS bigint
LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  before  timestamptz := clock_timestamp() - older_than;
  archive text;
  gone    bigint;
  deleted bigint := 0;
BEGIN
  IF older_than IS NULL OR older_than < interval '0' OR quantity IS NULL OR quantity < 1 THEN
    RAISE EXCEPTION 'delete_archived_messages: older_than is a time span, not negative, and quantity at least 1' USING ERRCODE = 'TK400';
  END IF;
  FOR archive IN
    SELECT format('pgmq.%I', 'a_' || queue) FROM (
      SELECT unnest(ARRAY['orchestration_task_requests', 'orchestration_step_results'])
      UNION ALL
      SELECT tasker.queue_name(n.name) FROM tasker.namespaces n) q (queue)
     WHERE to_regclass(format('pgmq.%I', 'a_' || queue)) IS NOT NULL
     ORDER BY queue
  LOOP
    EXECUTE format($sql$
      DELETE FROM %1$s a WHERE a.msg_id = ANY (ARRAY(
        SELECT msg_id FROM %1$s WHERE archived_at < $1 ORDER BY archived_at LIMIT $2 FOR UPDATE SKIP LOCKED)) $sql$, archive)
      USING before, quantity - deleted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    deleted := deleted + gone;
    EXIT WHEN deleted = quantity;
  END LOOP;
  RETURN deleted;
END
$$;
