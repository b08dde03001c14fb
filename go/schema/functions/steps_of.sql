-- The steps of some tasks. Not "task_id = ANY (…)": on tables that were never analysed the planner takes one task to
-- have one in two hundred of all steps, and reads the whole table for a few dozen of them. OFFSET 0 keeps the subquery
-- as it is, an index scan for each task, whatever the statistics say. For the same reason the functions on hot paths
-- say SET jit = off: compiling for the many rows that were feared took a hundred times as long as reading the few.
-- And force_generic_plan: planning anew for every array of ids took longer than the work. What they call in turn is
-- written in plpgsql where it cannot be inlined, because SQL functions are planned again by every statement.
-- A session keeps such plans, also those that it made while the tables were as good as empty: hence SET enable_seqscan =
-- off where rows are changed or looked up often, "= ANY (array)" for what an UPDATE changes, and LATERAL for what it is
-- compared with. The setting holds for what is called, too, and for the checks of foreign keys, whose plans a session
-- makes with the first row and keeps: so everybody who writes such rows has it. A plan that was made without it, by an
-- older build or by somebody's own statement, is made anew when the table is analysed, or in a new session.
CREATE FUNCTION tasker.steps_of(task_ids uuid[]) RETURNS SETOF tasker.steps
LANGUAGE sql STABLE AS $$
  SELECT s.* FROM unnest(task_ids) AS t (id)
   CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE task_id = t.id OFFSET 0) s
$$;
