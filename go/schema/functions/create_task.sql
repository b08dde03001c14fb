-- One request becomes one task, in the caller's transaction: see create_tasks.
CREATE FUNCTION tasker.create_task(request jsonb) RETURNS TABLE (task_id uuid, created boolean, state text)
LANGUAGE sql AS $$
  SELECT c.task_id, c.created, c.state FROM tasker.create_tasks(jsonb_build_array(request)) c
$$;
