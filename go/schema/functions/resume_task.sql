-- Lets a paused task go on. Gives its state; raises TK404 or TK422: see control_task.
CREATE FUNCTION tasker.resume_task(task_id uuid, actor text, reason text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
  SELECT tasker.control_task('resume', task_id, actor, reason)
$$;
