-- Results of steps of a task by name: how a worker reads what its message left out.
CREATE FUNCTION tasker.step_results(task_id uuid, names text[])
RETURNS TABLE (step_name text, step_id bigint, results jsonb, processed_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT s.name, s.step_id, s.results, s.completed_at FROM tasker.steps s
   WHERE s.task_id = step_results.task_id AND s.name = ANY (names)
     AND s.state IN ('complete', 'skipped', 'resolved_manually')
   ORDER BY s.position
$$;
