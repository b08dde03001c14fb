-- What each of these steps waited for: the results of all its ancestors, direct parents first. Direct parents are
-- always there; further ones as long as the whole stays within 256 KiB, after that they are named and left to
-- tasker.step_results. Steps are walked, not paths: a chain of diamonds costs its steps.
CREATE FUNCTION tasker.step_sequences(step_ids bigint[]) RETURNS TABLE (step_id bigint, entries jsonb)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE ancestors (step_id, ancestor_id) AS (
    SELECT e.child_step_id, e.parent_step_id FROM tasker.edges e WHERE e.child_step_id = ANY (step_ids)
    UNION
    SELECT a.step_id, e.parent_step_id FROM ancestors a JOIN tasker.edges e ON e.child_step_id = a.ancestor_id
  ), ordered AS (
    SELECT a.step_id, p.step_id AS ancestor_id, p.name, p.results, p.completed_at, direct.parent, p.position,
           sum(octet_length(p.results::text)) OVER
             (PARTITION BY a.step_id ORDER BY direct.parent DESC, p.position DESC) AS size_so_far
      FROM ancestors a
      JOIN tasker.steps p ON p.step_id = a.ancestor_id
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM tasker.edges e
        WHERE e.parent_step_id = a.ancestor_id AND e.child_step_id = a.step_id) AS parent) direct
  )
  SELECT o.step_id, jsonb_agg(
           jsonb_build_object('step_name', o.name, 'step_id', o.ancestor_id, 'processed_at', o.completed_at)
           || CASE WHEN o.parent OR coalesce(o.size_so_far, 0) <= 262144
                   THEN jsonb_build_object('results', o.results)
                   ELSE jsonb_build_object('omitted', true) END
           ORDER BY o.parent DESC, CASE WHEN o.parent THEN o.position ELSE -o.position END)
    FROM ordered o GROUP BY o.step_id
$$;
