-- The steps of some tasks. Not "task_id = ANY (…)": on tables that were never analysed the planner takes one task to
-- have one in two hundred of all steps, and reads the whole table for a few dozen of them. OFFSET 0 keeps the subquery
-- as it is, an index scan for each task, whatever the statistics say. For the same reason the functions on hot paths
-- say SET jit = off: compiling for the many rows that were feared took a hundred times as long as reading the few.
-- And force_generic_plan: planning anew for every array of ids took longer than the work. What they call in turn is
-- written in plpgsql where it cannot be inlined, because SQL functions are planned again by every statement.
CREATE FUNCTION tasker.steps_of(task_ids uuid[]) RETURNS SETOF tasker.steps
LANGUAGE sql STABLE AS $$
  SELECT s.* FROM unnest(task_ids) AS t (id)
   CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE task_id = t.id OFFSET 0) s
$$;
