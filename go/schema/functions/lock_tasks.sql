-- Locks tasks until the transaction ends, in the one order for everybody, and waits for those who hold them. A statement
-- of its own: what is read afterwards is what the locks hold. One look-up each, however small the table was when the plan
-- was made: see steps_of.
CREATE FUNCTION tasker.lock_tasks(task_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM FROM (SELECT id FROM unnest(task_ids) AS u (id) ORDER BY id) a
    CROSS JOIN LATERAL (SELECT FROM tasker.tasks t WHERE t.task_id = a.id OFFSET 0 FOR NO KEY UPDATE) l;
END
$$;
