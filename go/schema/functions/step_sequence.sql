-- What a step waited for: the results of all its ancestors in their order, direct parents first. Direct parents are there
-- up to 64 MiB (a message may not become larger than a jsonb value); further ones as long as the whole stays within
-- 256 KiB. What is left out is named, left to tasker.step_results and never read here. The order needs no sorting: each
-- ancestor looks its step up, and nothing else could come first. OFFSET 0: see steps_of.
CREATE FUNCTION tasker.step_sequence(task uuid, parents integer, ancestors integer[]) RETURNS TABLE (entries jsonb)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(
           CASE WHEN o.size_so_far <= CASE WHEN o.n <= parents THEN 67108864 ELSE 262144 END THEN to_jsonb(given) ELSE to_jsonb(named) END), '[]')
    FROM (SELECT s.*, p.n, sum(coalesce(s.results_size, 0)) OVER (ROWS UNBOUNDED PRECEDING) AS size_so_far
            FROM (SELECT unnest(ancestors) AS place, generate_subscripts(ancestors, 1) AS n) p
           CROSS JOIN LATERAL (
             SELECT step_id, name, results, results_size, completed_at FROM tasker.steps
              WHERE task_id = task AND position = p.place OFFSET 0) s) o
   CROSS JOIN LATERAL (SELECT o.name AS step_name, o.step_id, o.completed_at AS processed_at, o.results) given
   CROSS JOIN LATERAL (SELECT o.name AS step_name, o.step_id, o.completed_at AS processed_at, true AS omitted) named
$$;
