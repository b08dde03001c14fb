-- How far each step of a task is from the beginning: the longest and the shortest path to it from a step that waits
-- for nothing. Every edge is walked once, in topological order, in memory: the cost is steps + edges however many paths
-- there are. (Walking paths, forty diamonds in a chain are a million million of them.)
CREATE FUNCTION tasker.dependency_depths(task_id uuid)
RETURNS TABLE (step_id bigint, longest integer, shortest integer)
LANGUAGE plpgsql STABLE COST 10000 SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  ids      bigint[];
  open     integer[];  -- how many parents of a step were not walked yet
  last     integer[];  -- where the children of a step end
  children integer[];
  queue    integer[] := '{}';
  parent   integer;
  child    integer;
  walked   integer := 0;
  longests  integer[] := '{}';
  shortests integer[] := '{}';
BEGIN
  SELECT array_agg(s.step_id ORDER BY s.position), array_agg(cardinality(g.parents) ORDER BY s.position),
         array_agg(g.last ORDER BY s.position)
    INTO ids, open, last
    FROM tasker.tasks t
   CROSS JOIN LATERAL (
     SELECT position, parents, sum(cardinality(children)) OVER (ORDER BY position) AS last
       FROM tasker.template_steps WHERE template_id = t.template_id OFFSET 0) g
    JOIN tasker.steps s ON s.task_id = t.task_id AND s.position = g.position
   WHERE t.task_id = dependency_depths.task_id;
  children := ARRAY(
    SELECT child + 1 FROM tasker.tasks t JOIN tasker.template_steps g USING (template_id)
     CROSS JOIN LATERAL unnest(g.children) AS child
     WHERE t.task_id = dependency_depths.task_id ORDER BY g.position);

  FOR step IN 1 .. coalesce(cardinality(ids), 0) LOOP
    IF open[step] = 0 THEN
      queue := array_append(queue, step);
      longests[step] := 0;
      shortests[step] := 0;
    END IF;
  END LOOP;
  WHILE walked < cardinality(queue) LOOP
    walked := walked + 1;
    parent := queue[walked];
    FOR edge IN coalesce(last[parent - 1], 0) + 1 .. last[parent] LOOP
      child := children[edge];
      longests[child] := greatest(longests[child], longests[parent] + 1);
      shortests[child] := least(shortests[child], shortests[parent] + 1);
      open[child] := open[child] - 1;
      IF open[child] = 0 THEN
        queue := array_append(queue, child);
      END IF;
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT d.* FROM unnest(ids, longests, shortests) d;
END
$$;
