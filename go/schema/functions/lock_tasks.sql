-- Locks tasks until the transaction ends, in the one order for everybody, and waits for those who hold them. A statement
-- of its own: what is read afterwards is what the locks hold.
CREATE FUNCTION tasker.lock_tasks(task_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM FROM tasker.tasks t WHERE t.task_id = ANY (task_ids) ORDER BY t.task_id FOR NO KEY UPDATE;
END
$$;
