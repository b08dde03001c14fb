-- Passes a step over, if its template calls it skippable: the steps behind it go on. Gives its state; raises TK404 or
-- TK422: see control_step.
CREATE FUNCTION tasker.skip_step(task_id uuid, step_name text, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_step('skip', task_id, step_name, actor, reason)
$$;
