-- Why each step of a task that is not done is not running, in the template's order: see explain_step. No row means that
-- every step is done, or that there is no such task.
CREATE FUNCTION tasker.explain_task(task_id uuid)
RETURNS TABLE (step_id bigint, task_id uuid, name text, state text, code text, explanation text)
LANGUAGE sql STABLE SET jit = off AS $$
  SELECT s.step_id, s.task_id, s.name, s.state, e.code, e.explanation
    FROM tasker.steps s CROSS JOIN LATERAL tasker.explain_standing(s) e
   WHERE s.task_id = explain_task.task_id AND s.state NOT IN ('complete', 'skipped', 'resolved_manually')
   ORDER BY s.position
$$;
