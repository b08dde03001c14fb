-- Calls a task off, and all its open steps with it. Gives its state; raises TK404 or TK422: see control_task.
CREATE FUNCTION tasker.cancel_task(task_id uuid, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_task('cancel', task_id, actor, reason)
$$;
