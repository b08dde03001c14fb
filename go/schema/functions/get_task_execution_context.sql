-- Where a task stands, in one row: its steps by kind, and what that means. Nothing for an unknown task.
CREATE FUNCTION tasker.get_task_execution_context(task_id uuid)
RETURNS TABLE (task_id uuid, named_task_id integer, status text, total_steps bigint, pending_steps bigint,
  in_progress_steps bigint, completed_steps bigint, failed_steps bigint, ready_steps bigint, execution_status text,
  recommended_action text, completion_percentage numeric, health_status text)
LANGUAGE sql STABLE AS $$
  SELECT * FROM tasker.get_task_execution_contexts_batch(ARRAY[get_task_execution_context.task_id])
$$;
