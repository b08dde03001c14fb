-- Declares a task done by hand: its open steps are cancelled. Gives its state; raises TK404 or TK422: see
-- control_task.
CREATE FUNCTION tasker.resolve_task(task_id uuid, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_task('resolve', task_id, actor, reason)
$$;
