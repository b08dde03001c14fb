-- These steps and every open step that waits for one of them, over open steps. Steps are walked, not paths: a chain of
-- diamonds costs its edges.
CREATE FUNCTION tasker.with_open_descendants(step_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN ARRAY(
    WITH RECURSIVE doomed AS (
      SELECT id FROM unnest(step_ids) AS a (id)
      UNION
      SELECT s.step_id FROM doomed d
       CROSS JOIN LATERAL tasker.children_of(d.id) AS c (id)
       CROSS JOIN LATERAL (
         SELECT step_id FROM tasker.steps
          WHERE step_id = c.id AND state IN ('pending', 'enqueued', 'in_progress', 'waiting_for_retry') OFFSET 0) s)
    SELECT id FROM doomed);
END
$$;
