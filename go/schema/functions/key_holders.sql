-- For tasks in error that gave their idempotency key back: the task that stands in the way of their reopening. That is
-- the one that holds the key now, or the newest of those that were asked for together.
CREATE FUNCTION tasker.key_holders(task_ids uuid[]) RETURNS TABLE (task_id uuid, holder uuid)
LANGUAGE plpgsql STABLE SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY
    SELECT r.task_id, coalesce(h.task_id, r.newest)
      FROM (
        SELECT t.task_id, t.namespace_id, t.idempotency_key,
               first_value(t.task_id) OVER (PARTITION BY t.namespace_id, t.idempotency_key ORDER BY t.created_at DESC, t.task_id DESC) AS newest
          FROM tasker.tasks t
         WHERE t.task_id = ANY (task_ids) AND t.state = 'error' AND NOT t.key_held AND t.idempotency_key IS NOT NULL) r
      LEFT JOIN LATERAL (
        SELECT o.task_id FROM tasker.tasks o
         WHERE o.namespace_id = r.namespace_id AND o.idempotency_key = r.idempotency_key AND o.key_held OFFSET 0) h ON true
     WHERE coalesce(h.task_id, r.newest) <> r.task_id;
END
$$;
