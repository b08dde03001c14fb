-- Calls a step off, and all open steps behind it. Gives its state; raises TK404 or TK422: see control_step.
CREATE FUNCTION tasker.cancel_step(task_id uuid, step_name text, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_step('cancel', task_id, step_name, actor, reason)
$$;
