-- Locks the steps of tasks that stand in one of these states, in order. The caller has locked the tasks, so only workers
-- touch the steps meanwhile, and these wait for nobody.
CREATE FUNCTION tasker.lock_steps_of(task_ids uuid[], states text[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  step_ids bigint[] := ARRAY(SELECT s.step_id FROM tasker.steps_of(task_ids) s WHERE s.state = ANY (states));
BEGIN
  PERFORM FROM tasker.steps s WHERE s.step_id = ANY (step_ids) ORDER BY s.step_id FOR NO KEY UPDATE;
END
$$;
