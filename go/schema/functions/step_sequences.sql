-- What each of these steps waited for: the results of all its ancestors, direct parents first. Direct parents are
-- there up to 64 MiB (a message may not become larger than a jsonb value); further ones as long as the whole stays
-- within 256 KiB. What is left out is named, left to tasker.step_results and never read here. Steps are walked, not paths: a chain of diamonds costs its steps. OFFSET 0: see steps_of.
CREATE FUNCTION tasker.step_sequences(step_ids bigint[]) RETURNS TABLE (step_id bigint, entries jsonb)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE parents AS (
    SELECT s.step_id, e.parent_step_id AS ancestor_id FROM unnest(step_ids) AS s (step_id)
     CROSS JOIN LATERAL (SELECT parent_step_id FROM tasker.edges WHERE child_step_id = s.step_id OFFSET 0) e
  ), ancestors AS (
    SELECT p.step_id, p.ancestor_id FROM parents p
    UNION
    SELECT a.step_id, e.parent_step_id FROM ancestors a
     CROSS JOIN LATERAL (SELECT parent_step_id FROM tasker.edges WHERE child_step_id = a.ancestor_id OFFSET 0) e
  ), ordered AS (
    SELECT a.step_id, a.ancestor_id, s.name, s.results, s.completed_at, s.position, direct,
           sum(s.results_size) OVER
             (PARTITION BY a.step_id ORDER BY direct DESC, s.position DESC) AS size_so_far
      FROM (SELECT a.*, (a.step_id, a.ancestor_id) IN (SELECT step_id, ancestor_id FROM parents) AS direct
              FROM ancestors a) a
     CROSS JOIN LATERAL (
       SELECT name, results, results_size, completed_at, position FROM tasker.steps WHERE step_id = a.ancestor_id OFFSET 0) s
  )
  SELECT o.step_id, jsonb_agg(
           CASE WHEN coalesce(o.size_so_far, 0) <= CASE WHEN o.direct THEN 67108864 ELSE 262144 END
                THEN jsonb_build_object('step_name', o.name, 'step_id', o.ancestor_id, 'processed_at', o.completed_at, 'results', o.results)
                ELSE jsonb_build_object('step_name', o.name, 'step_id', o.ancestor_id, 'processed_at', o.completed_at, 'omitted', true) END
           ORDER BY o.direct DESC, CASE WHEN o.direct THEN o.position ELSE -o.position END)
    FROM ordered o GROUP BY o.step_id
$$;
