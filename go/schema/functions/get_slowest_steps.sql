-- The completed steps that ran longest, of the tasks created since a time, the slowest first: exact, and costs what was
-- created since then, read through the primary key.
-- What differs from the older systems: the duration is the time from the last start to completion, without the wait
-- before; created_at is that of the task; retryable is what the template says.
CREATE FUNCTION tasker.get_slowest_steps(since timestamptz DEFAULT clock_timestamp() - interval '24 hours',
  quantity integer DEFAULT 10, namespace text DEFAULT NULL, task_name text DEFAULT NULL, version text DEFAULT NULL)
RETURNS TABLE (workflow_step_id bigint, task_id uuid, step_name text, task_name text, namespace_name text, version text,
  duration_seconds numeric, attempts integer, created_at timestamptz, completed_at timestamptz, retryable boolean,
  step_status text)
LANGUAGE sql STABLE SET jit = off AS $$
  WITH slowest AS MATERIALIZED (
    SELECT s.*, t.template_id, t.created_at, m.task_name, m.namespace_name, m.version,
           s.completed_at - coalesce(s.started_at, s.enqueued_at) AS duration
      FROM tasker.tasks_created_since(since) t
      JOIN tasker.chosen_templates(get_slowest_steps.namespace, get_slowest_steps.task_name, get_slowest_steps.version) m
        USING (template_id)
     CROSS JOIN LATERAL (
       SELECT * FROM tasker.steps WHERE task_id = t.task_id AND state = 'complete' OFFSET 0) s
     ORDER BY duration DESC NULLS LAST, s.step_id LIMIT quantity)
  SELECT s.step_id, s.task_id, s.name, s.task_name, s.namespace_name, s.version,
         round(extract(epoch FROM s.duration)::numeric, 3), s.attempt, s.created_at, s.completed_at, r.retryable, s.state
    FROM slowest s
    JOIN tasker.template_steps r ON r.template_id = s.template_id AND r.position = s.position
   ORDER BY s.duration DESC, s.step_id
$$;
