-- Which steps of a task may run now, and if not, why not: one row a step, in the template's order.
-- A step is ready when every step it waits for is done, nobody has it in hand, and its backoff, if it failed, is over.
-- The first attempt always may run; whether a failure leaves another one is decided when the failure is applied.
-- Columns keep the names users of the older systems know; named_step_id is the step's place in its template.
CREATE FUNCTION tasker.get_step_readiness_status(task_id uuid, step_ids bigint[] DEFAULT NULL)
RETURNS TABLE (workflow_step_id bigint, task_id uuid, named_step_id integer, name text, current_state text,
  dependencies_satisfied boolean, retry_eligible boolean, ready_for_execution boolean, last_failure_at timestamptz,
  next_retry_at timestamptz, total_parents integer, completed_parents integer, attempts integer, retry_limit integer,
  backoff_request_seconds integer, last_attempted_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT s.step_id, s.task_id, s.position, s.name, s.state,
         s.unmet_dependencies = 0,
         s.state <> 'error' AND (s.failures = 0 OR (retryable AND s.failures < max_attempts)),
         (s.state = 'pending' AND s.unmet_dependencies = 0)
           OR (s.state = 'waiting_for_retry' AND s.due_at <= clock_timestamp()),
         failure.at, s.due_at, total.parents, total.parents - s.unmet_dependencies, s.attempt, max_attempts,
         extract(epoch FROM s.due_at - failure.at)::integer, s.enqueued_at
    FROM tasker.steps s
    JOIN tasker.tasks t ON t.task_id = s.task_id
    JOIN tasker.templates template USING (template_id)
   CROSS JOIN LATERAL (
     SELECT (recipe ->> 'max_attempts')::integer AS max_attempts, (recipe ->> 'retryable')::boolean AS retryable,
            jsonb_array_length(recipe -> 'depends_on') AS parents
       FROM (SELECT template.definition -> 'steps' -> s.position AS recipe) r) total
    LEFT JOIN LATERAL (
      SELECT max(h.at) AS at FROM tasker.step_transitions h
       WHERE h.step_id = s.step_id AND h.to_state IN ('waiting_for_retry', 'error')) failure ON true
   WHERE s.task_id = get_step_readiness_status.task_id AND (step_ids IS NULL OR s.step_id = ANY (step_ids))
   ORDER BY s.position
$$;
