-- The steps that a step waits for. OFFSET 0: see steps_of.
CREATE FUNCTION tasker.parents_of(step bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE AS $$
  SELECT other.step_id
    FROM (SELECT task_id, position FROM tasker.steps WHERE step_id = step OFFSET 0) s
   CROSS JOIN LATERAL (SELECT template_id FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t
   CROSS JOIN LATERAL (
     SELECT parents FROM tasker.template_steps WHERE template_id = t.template_id AND position = s.position OFFSET 0) g
   CROSS JOIN LATERAL unnest(g.parents) AS place
   CROSS JOIN LATERAL (SELECT step_id FROM tasker.steps WHERE task_id = s.task_id AND position = place OFFSET 0) other
$$;
