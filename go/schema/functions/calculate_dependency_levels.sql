-- The level of each step of a task: the length of the longest path to it from a step that waits for nothing. Steps of
-- one level never wait for each other.
CREATE FUNCTION tasker.calculate_dependency_levels(task_id uuid)
RETURNS TABLE (workflow_step_id bigint, dependency_level integer)
LANGUAGE sql STABLE AS $$
  SELECT d.step_id, d.longest FROM tasker.dependency_depths(calculate_dependency_levels.task_id) d
   ORDER BY d.longest, d.step_id
$$;
