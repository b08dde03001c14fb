-- How many tasks and steps there are of each kind. All counts are exact; the argument bounds the work. Tasks that are
-- open or in error are counted whole, however old, through the indexes that hold only those; what came to rest
-- otherwise is counted among the tasks created since the given time ('-infinity': all, which reads every task).
-- total_tasks and total_steps are the sums of what was counted. What differs from the older systems: they counted
-- everything on each call; a step that failed and will be tried again is waiting_for_retry, not an error:
-- retryable_error_steps counts those, in_backoff_steps the ones not yet due, error_steps those that failed for good,
-- exhausted_retry_steps the ones among them with no attempt left. One that waits for its task's start is pending.
-- complete_ counts what an operator resolved or skipped, too. active_connections sees other roles' sessions only as a
-- member of pg_read_all_stats.
CREATE FUNCTION tasker.get_system_health_counts(since timestamptz DEFAULT clock_timestamp() - interval '24 hours')
RETURNS TABLE (total_tasks bigint, pending_tasks bigint, in_progress_tasks bigint, complete_tasks bigint,
  error_tasks bigint, cancelled_tasks bigint, total_steps bigint, pending_steps bigint, in_progress_steps bigint,
  complete_steps bigint, error_steps bigint, retryable_error_steps bigint, exhausted_retry_steps bigint,
  in_backoff_steps bigint, active_connections bigint, max_connections bigint)
LANGUAGE sql STABLE SET jit = off AS $$
  WITH counted AS MATERIALIZED (
    SELECT t.task_id, t.template_id, t.state FROM tasker.tasks t WHERE t.completed_at IS NULL
    UNION
    SELECT t.task_id, t.template_id, t.state  -- a task in error has a step in error
      FROM (SELECT DISTINCT s.task_id FROM tasker.steps s WHERE s.state = 'error') failed
     CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = failed.task_id AND state = 'error' OFFSET 0) t
    UNION
    SELECT t.task_id, t.template_id, t.state FROM tasker.tasks_created_since(since) t),
  tasks AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE state = 'pending') AS pending,
           count(*) FILTER (WHERE state = 'in_progress') AS in_progress,
           count(*) FILTER (WHERE state IN ('complete', 'resolved_manually')) AS complete,
           count(*) FILTER (WHERE state = 'error') AS error, count(*) FILTER (WHERE state = 'cancelled') AS cancelled
      FROM counted),
  steps AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE s.state = 'pending' OR (s.state = 'waiting_for_retry' AND s.attempt = 0)) AS pending,
           count(*) FILTER (WHERE s.state IN ('enqueued', 'in_progress')) AS in_progress,
           count(*) FILTER (WHERE s.state IN ('complete', 'skipped', 'resolved_manually')) AS complete,
           count(*) FILTER (WHERE s.state = 'error') AS error,
           count(*) FILTER (WHERE s.state = 'waiting_for_retry' AND s.attempt > 0) AS retryable,
           count(*) FILTER (WHERE s.due_at > clock_timestamp() AND s.attempt > 0) AS in_backoff
      FROM counted c
     CROSS JOIN LATERAL (SELECT state, attempt, due_at FROM tasker.steps WHERE task_id = c.task_id OFFSET 0) s),
  exhausted AS (
    SELECT count(*) AS count
      FROM tasker.steps s JOIN counted c USING (task_id)
      JOIN tasker.template_steps r ON r.template_id = c.template_id AND r.position = s.position
     WHERE s.state = 'error' AND s.failures >= r.max_attempts)
  SELECT t.total, t.pending, t.in_progress, t.complete, t.error, t.cancelled,
         s.total, s.pending, s.in_progress, s.complete, s.error, s.retryable, e.count, s.in_backoff,
         (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND state = 'active'),
         current_setting('max_connections')::bigint
    FROM tasks t, steps s, exhausted e
$$;
