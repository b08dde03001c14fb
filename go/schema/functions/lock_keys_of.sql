-- A task in error that held its idempotency key only while it was open needs it again to be reopened. Whoever is about
-- to reopen tasks takes the keys first, as those who create tasks do, before any row is locked.
CREATE FUNCTION tasker.lock_keys_of(task_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM tasker.lock_request_keys(array_agg(t.namespace_id), '{}', array_agg(t.idempotency_key), true)
     FROM tasker.tasks t
    WHERE t.task_id = ANY (task_ids) AND t.state = 'error' AND NOT t.key_held AND t.idempotency_key IS NOT NULL
   HAVING count(*) > 0;
END
$$;
