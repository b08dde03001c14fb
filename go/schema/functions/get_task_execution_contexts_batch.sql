-- Where some tasks stand, a row each: their steps by kind, and what that means. No row for an unknown task.
-- execution_status takes the first that holds: at rest, something ready, something running, paused, a retry waiting,
-- its start waiting, held up by failures, waiting for parents. A task is all_complete only when its own state says so.
-- Columns keep the names users of the older systems know; named_task_id is the template.
CREATE FUNCTION tasker.get_task_execution_contexts_batch(task_ids uuid[])
RETURNS TABLE (task_id uuid, named_task_id integer, status text, total_steps bigint, pending_steps bigint,
  in_progress_steps bigint, completed_steps bigint, failed_steps bigint, ready_steps bigint, execution_status text,
  recommended_action text, completion_percentage numeric, health_status text)
LANGUAGE sql STABLE SET jit = off AS $$
  WITH asked AS MATERIALIZED (
    SELECT t.task_id, t.template_id, t.state, t.completed_at IS NULL AS open, t.paused,
           tasker.is_paused(t.namespace_id) AS namespace_paused
      FROM tasker.tasks t WHERE t.task_id = ANY (task_ids)),
  counted AS (
    SELECT a.task_id, a.template_id, a.state, (a.paused OR a.namespace_paused) AND a.open AS paused, s.*
      FROM asked a
     CROSS JOIN LATERAL (
       SELECT count(*) AS total,
              count(*) FILTER (WHERE s.state = 'pending' OR (s.state = 'waiting_for_retry' AND s.attempt = 0)) AS pending,
              count(*) FILTER (WHERE s.state IN ('enqueued', 'in_progress')) AS running,
              count(*) FILTER (WHERE s.state IN ('complete', 'skipped', 'resolved_manually')) AS completed,
              count(*) FILTER (WHERE s.state = 'error') AS failed,
              count(*) FILTER (WHERE s.state = 'waiting_for_retry' AND s.attempt > 0) AS waiting,
              count(*) FILTER (WHERE s.state = 'waiting_for_retry' AND s.attempt = 0) AS delayed,
              count(*) FILTER (WHERE NOT a.namespace_paused AND tasker.is_ready(s)) AS ready
         FROM tasker.steps s WHERE s.task_id = a.task_id OFFSET 0) s),
  judged AS (
    SELECT c.*, CASE WHEN state IN ('complete', 'resolved_manually') THEN 'all_complete'
                     WHEN state = 'cancelled' THEN 'cancelled'
                     WHEN ready > 0 THEN 'has_ready_steps'
                     WHEN running > 0 THEN 'processing'
                     WHEN paused THEN 'paused'
                     WHEN waiting > 0 THEN 'waiting_for_retry'
                     WHEN delayed > 0 THEN 'waiting_for_start'
                     WHEN failed > 0 THEN 'blocked_by_failures'
                     ELSE 'waiting_for_dependencies' END AS verdict
      FROM counted c)
  SELECT task_id, template_id, state, total, pending, running, completed, failed, ready, verdict,
         CASE verdict WHEN 'all_complete' THEN 'none' WHEN 'cancelled' THEN 'none'
                      WHEN 'has_ready_steps' THEN 'execute_ready_steps' WHEN 'processing' THEN 'wait_for_completion'
                      WHEN 'paused' THEN 'resume' WHEN 'waiting_for_retry' THEN 'wait_for_retry'
                      WHEN 'waiting_for_start' THEN 'wait_for_start'
                      WHEN 'blocked_by_failures' THEN 'handle_failures' ELSE 'wait_for_dependencies' END,
         CASE WHEN total = 0 THEN 100.0 ELSE round(completed * 100.0 / total, 2) END,
         CASE WHEN failed + waiting = 0 THEN 'healthy'
              WHEN verdict = 'blocked_by_failures' THEN 'blocked'
              ELSE 'recovering' END
    FROM judged
   ORDER BY task_id
$$;
