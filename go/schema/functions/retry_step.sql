-- Tries a failed step again. Gives its state; raises TK404 or TK422: see control_step.
CREATE FUNCTION tasker.retry_step(task_id uuid, step_name text, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_step('retry', task_id, step_name, actor, reason)
$$;
