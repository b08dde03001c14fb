-- Declares a step done by hand, with the results that the steps behind it shall see. Gives its state; raises TK404 or
-- TK422: see control_step.
CREATE FUNCTION tasker.resolve_step(task_id uuid, step_name text, results jsonb, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_step('resolve', task_id, step_name, actor, reason, results)
$$;
