-- How work goes, in one row. Everything that is counted since a time is about the tasks created since then, exact,
-- and costs what was created since then, read through the primary key; active_tasks_count counts all open tasks.
-- A task's own state is the truth: one that failed is never counted as completed because some steps were.
-- What differs from the older systems: system_health_score follows the argument, too; namespaces and task types are
-- those registered; avg_step_duration is the time from start to completion, without the wait before.
CREATE FUNCTION tasker.get_analytics_metrics(since timestamptz DEFAULT clock_timestamp() - interval '1 hour')
RETURNS TABLE (active_tasks_count bigint, total_namespaces_count bigint, unique_task_types_count bigint,
  system_health_score numeric, task_throughput bigint, completion_count bigint, error_count bigint,
  completion_rate numeric, error_rate numeric, avg_task_duration numeric, avg_step_duration numeric,
  step_throughput bigint, analysis_period_start timestamptz, calculated_at timestamptz)
LANGUAGE sql STABLE SET jit = off AS $$
  WITH created AS MATERIALIZED (
    SELECT t.task_id, t.state, t.created_at, t.completed_at FROM tasker.tasks_created_since(since) t),
  tasks AS (
    SELECT count(*) AS count, count(*) FILTER (WHERE state = 'complete') AS completed,
           count(*) FILTER (WHERE state = 'error') AS failed,
           avg(extract(epoch FROM completed_at - created_at)) FILTER (WHERE state = 'complete') AS seconds
      FROM created),
  steps AS (
    SELECT count(*) AS count, avg(extract(epoch FROM s.completed_at - coalesce(s.started_at, s.enqueued_at))) AS seconds
      FROM created c
     CROSS JOIN LATERAL (
       SELECT completed_at, started_at, enqueued_at FROM tasker.steps
        WHERE task_id = c.task_id AND state = 'complete' OFFSET 0) s)
  SELECT (SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL),
         (SELECT count(*) FROM tasker.namespaces),
         (SELECT count(*) FROM (SELECT DISTINCT namespace_id, name FROM tasker.templates) type),
         coalesce(round(t.completed::numeric / nullif(t.completed + t.failed, 0), 3), 1.0),
         t.count, t.completed, t.failed,
         coalesce(round(t.completed * 100.0 / nullif(t.count, 0), 2), 0.0),
         coalesce(round(t.failed * 100.0 / nullif(t.count, 0), 2), 0.0),
         coalesce(round(t.seconds::numeric, 3), 0.0), coalesce(round(s.seconds::numeric, 3), 0.0),
         s.count, since, clock_timestamp()
    FROM tasks t, steps s
$$;
