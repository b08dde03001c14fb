-- Which steps of a task may run now, and if not, why not: one row a step, in the template's order.
-- explain_step says it in words.
CREATE FUNCTION tasker.get_step_readiness_status(task_id uuid, step_ids bigint[] DEFAULT NULL)
RETURNS TABLE (workflow_step_id bigint, task_id uuid, named_step_id integer, name text, current_state text,
  dependencies_satisfied boolean, retry_eligible boolean, ready_for_execution boolean, last_failure_at timestamptz,
  next_retry_at timestamptz, total_parents integer, completed_parents integer, attempts integer, retry_limit integer,
  backoff_request_seconds integer, last_attempted_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT r.* FROM tasker.get_step_readiness_status_batch(ARRAY[get_step_readiness_status.task_id]) r
   WHERE step_ids IS NULL OR r.workflow_step_id = ANY (step_ids)
   ORDER BY r.named_step_id
$$;
