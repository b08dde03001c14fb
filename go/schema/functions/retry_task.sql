-- Tries all failed steps of a task again. Gives its state; raises TK404 or TK422: see control_task.
CREATE FUNCTION tasker.retry_task(task_id uuid, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_task('retry', task_id, actor, reason)
$$;
