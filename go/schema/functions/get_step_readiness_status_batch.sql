-- Which steps of some tasks may run now, and if not, why not: one row a step, by task and in the template's order.
-- A step is ready when every step it waits for is done, nobody has it in hand, its task's start and its backoff, if it failed, are over, and
-- neither it nor its namespace nor everything is paused. The first attempt always may run; whether a failure leaves
-- another one is decided when the failure is applied.
-- Columns keep the names users of the older systems know; named_step_id is the step's place in its template.
CREATE FUNCTION tasker.get_step_readiness_status_batch(task_ids uuid[])
RETURNS TABLE (workflow_step_id bigint, task_id uuid, named_step_id integer, name text, current_state text,
  dependencies_satisfied boolean, retry_eligible boolean, ready_for_execution boolean, last_failure_at timestamptz,
  next_retry_at timestamptz, total_parents integer, completed_parents integer, attempts integer, retry_limit integer,
  backoff_request_seconds integer, last_attempted_at timestamptz)
LANGUAGE sql STABLE SET jit = off AS $$
  WITH asked AS MATERIALIZED (
    SELECT t.task_id, t.template_id, tasker.is_paused(t.namespace_id) AS paused
      FROM tasker.tasks t WHERE t.task_id = ANY (task_ids))
  SELECT s.step_id, s.task_id, s.position, s.name, s.state,
         s.unmet_dependencies = 0,
         s.state <> 'error' AND (s.failures = 0 OR (r.retryable AND s.failures < r.max_attempts)),
         NOT a.paused AND tasker.is_ready(s),
         failure.at, s.due_at, cardinality(r.parents), cardinality(r.parents) - s.unmet_dependencies, s.attempt, r.max_attempts,
         extract(epoch FROM s.due_at - failure.at)::integer, s.enqueued_at
    FROM asked a
   CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE task_id = a.task_id OFFSET 0) s
    JOIN tasker.template_steps r ON r.template_id = a.template_id AND r.position = s.position
    LEFT JOIN LATERAL (
      SELECT max(h.at) AS at FROM tasker.step_transitions h
       WHERE s.attempt > 0 AND h.step_id = s.step_id AND h.to_state IN ('waiting_for_retry', 'error') OFFSET 0) failure ON true
   ORDER BY s.task_id, s.position
$$;
