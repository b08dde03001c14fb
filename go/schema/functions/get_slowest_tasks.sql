-- The tasks that took longest to be complete or in error, of those created since a time, the slowest first: exact, and
-- costs what was created since then, read through the primary key. The duration is the time from creation to rest.
-- What differs from the older systems: only tasks at rest are measured (stale_work tells of the others), and each
-- step counts once.
CREATE FUNCTION tasker.get_slowest_tasks(since timestamptz DEFAULT clock_timestamp() - interval '24 hours',
  quantity integer DEFAULT 10, namespace text DEFAULT NULL, task_name text DEFAULT NULL, version text DEFAULT NULL)
RETURNS TABLE (task_id uuid, task_name text, namespace_name text, version text, duration_seconds numeric,
  step_count bigint, completed_steps bigint, error_steps bigint, created_at timestamptz, completed_at timestamptz,
  initiator text, source_system text)
LANGUAGE sql STABLE SET jit = off AS $$
  WITH slowest AS MATERIALIZED (
    SELECT t.*, m.task_name, m.namespace_name, m.version, t.completed_at - t.created_at AS duration
      FROM tasker.tasks_created_since(since) t
      JOIN tasker.chosen_templates(get_slowest_tasks.namespace, get_slowest_tasks.task_name, get_slowest_tasks.version) m
        USING (template_id)
     WHERE t.state IN ('complete', 'error')
     ORDER BY duration DESC, t.task_id LIMIT quantity)
  SELECT t.task_id, t.task_name, t.namespace_name, t.version, round(extract(epoch FROM t.duration)::numeric, 3),
         s.count, s.completed, s.failed, t.created_at, t.completed_at, t.initiator, t.source_system
    FROM slowest t
   CROSS JOIN LATERAL (
     SELECT count(*) AS count, count(*) FILTER (WHERE state IN ('complete', 'skipped', 'resolved_manually')) AS completed,
            count(*) FILTER (WHERE state = 'error') AS failed
       FROM tasker.steps WHERE steps.task_id = t.task_id OFFSET 0) s
   ORDER BY t.duration DESC, t.task_id
$$;
