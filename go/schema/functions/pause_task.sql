-- Pauses a task: nothing of it is handed out, nothing may start. What runs already may finish. Gives its state; raises
-- TK404 or TK422: see control_task.
CREATE FUNCTION tasker.pause_task(task_id uuid, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_task('pause', task_id, actor, reason)
$$;
