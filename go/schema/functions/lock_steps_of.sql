-- Locks the steps of tasks that stand in one of these states, in order. The caller has locked the tasks, so only workers
-- touch the steps meanwhile, and these wait for nobody. One look-up each, as in lock_tasks.
CREATE FUNCTION tasker.lock_steps_of(task_ids uuid[], states text[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  PERFORM FROM (SELECT s.step_id FROM tasker.steps_of(task_ids) s WHERE s.state = ANY (states) ORDER BY s.step_id) a
    CROSS JOIN LATERAL (SELECT FROM tasker.steps s WHERE s.step_id = a.step_id OFFSET 0 FOR NO KEY UPDATE) l;
END
$$;
