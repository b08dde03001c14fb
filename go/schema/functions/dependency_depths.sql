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
  WITH member AS MATERIALIZED (
    SELECT s.step_id, row_number() OVER (ORDER BY s.step_id)::integer AS n
      FROM tasker.steps s WHERE s.task_id = dependency_depths.task_id),
  pair AS MATERIALIZED (
    SELECT p.n AS parent, c.n AS child
      FROM member p
     CROSS JOIN LATERAL (SELECT e.child_step_id FROM tasker.edges e WHERE e.parent_step_id = p.step_id OFFSET 0) e
      JOIN member c ON c.step_id = e.child_step_id),
  counted AS (
    SELECT m.n, m.step_id, coalesce(i.parents, 0) AS parents, sum(coalesce(o.children, 0)) OVER (ORDER BY m.n) AS last
      FROM member m
      LEFT JOIN (SELECT child AS n, count(*) AS parents FROM pair GROUP BY child) i USING (n)
      LEFT JOIN (SELECT parent AS n, count(*) AS children FROM pair GROUP BY parent) o USING (n))
  SELECT array_agg(c.step_id ORDER BY c.n), array_agg(c.parents ORDER BY c.n), array_agg(c.last ORDER BY c.n),
         (SELECT array_agg(p.child ORDER BY p.parent) FROM pair p)
    INTO ids, open, last, children FROM counted c;

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
