-- What each of these steps waited for: the results of all its ancestors, direct parents first. Direct parents are
-- there up to 64 MiB (a message may not become larger than a jsonb value); further ones as long as the whole stays
-- within 256 KiB. What is left out is named, left to tasker.step_results and never read here. The graph is walked once for
-- each place in a template, not for each step, and by steps, not by paths: a chain of diamonds costs its steps.
-- OFFSET 0: see steps_of.
CREATE FUNCTION tasker.step_sequences(step_ids bigint[]) RETURNS TABLE (step_id bigint, entries jsonb)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE asked AS MATERIALIZED (
    SELECT s.step_id, s.task_id, s.position, t.template_id
      FROM unnest(step_ids) AS i (id)
     CROSS JOIN LATERAL (SELECT step_id, task_id, position FROM tasker.steps WHERE step_id = i.id OFFSET 0) s
     CROSS JOIN LATERAL (SELECT template_id FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t
  ), parents AS MATERIALIZED (
    SELECT p.template_id, p.position, parent AS ancestor
      FROM (SELECT DISTINCT template_id, position FROM asked) p
     CROSS JOIN LATERAL (
       SELECT parents FROM tasker.template_steps WHERE template_id = p.template_id AND position = p.position OFFSET 0) g
     CROSS JOIN LATERAL unnest(g.parents) parent
  ), ancestors AS (
    SELECT template_id, position, ancestor FROM parents
    UNION
    SELECT a.template_id, a.position, parent
      FROM ancestors a
     CROSS JOIN LATERAL (
       SELECT parents FROM tasker.template_steps WHERE template_id = a.template_id AND position = a.ancestor OFFSET 0) g
     CROSS JOIN LATERAL unnest(g.parents) parent
  ), ordered AS (
    SELECT q.step_id, s.step_id AS ancestor_id, s.name, s.results, s.completed_at, s.position, a.direct,
           sum(s.results_size) OVER (PARTITION BY q.step_id ORDER BY a.direct DESC, s.position DESC) AS size_so_far
      FROM (SELECT a.*, (a.template_id, a.position, a.ancestor) IN (SELECT template_id, position, ancestor FROM parents) AS direct
              FROM ancestors a) a
      JOIN asked q USING (template_id, position)
     CROSS JOIN LATERAL (
       SELECT step_id, name, results, results_size, completed_at, position FROM tasker.steps
        WHERE task_id = q.task_id AND position = a.ancestor OFFSET 0) s
  )
  SELECT o.step_id, jsonb_agg(
           CASE WHEN coalesce(o.size_so_far, 0) <= CASE WHEN o.direct THEN 67108864 ELSE 262144 END
                THEN to_jsonb(given) ELSE to_jsonb(named) END
           ORDER BY o.direct DESC, CASE WHEN o.direct THEN o.position ELSE -o.position END)
    FROM ordered o
   CROSS JOIN LATERAL (SELECT o.name AS step_name, o.ancestor_id AS step_id, o.completed_at AS processed_at, o.results) given
   CROSS JOIN LATERAL (SELECT o.name AS step_name, o.ancestor_id AS step_id, o.completed_at AS processed_at, true AS omitted) named
   GROUP BY o.step_id
$$;
