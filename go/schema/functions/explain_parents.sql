-- What explain_step says of a step that waits for other steps: which ones, and what keeps those, if that is a failure.
-- Only ancestors that are not done are looked at, each once, and only if there is a failure in the task at all.
CREATE FUNCTION tasker.explain_parents(step tasker.steps) RETURNS TABLE (code text, explanation text)
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
  parents text;
  failed  text;
  remedy  text;
BEGIN
  SELECT string_agg(format('%s (%s)', p.name, p.state), ', ' ORDER BY p.position) INTO parents
    FROM tasker.parents_of(step.step_id) AS e (id)
   CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = e.id OFFSET 0) p
   WHERE p.state NOT IN ('complete', 'skipped', 'resolved_manually');
  WITH RECURSIVE awaited AS (
    SELECT step.step_id WHERE EXISTS (
      SELECT FROM tasker.steps s WHERE s.task_id = step.task_id AND s.state IN ('error', 'cancelled'))
    UNION
    SELECT p.step_id FROM awaited a
     CROSS JOIN LATERAL tasker.parents_of(a.step_id) AS e (id)
     CROSS JOIN LATERAL (
       SELECT s.step_id FROM tasker.steps s
        WHERE s.step_id = e.id AND s.state NOT IN ('complete', 'skipped', 'resolved_manually') OFFSET 0) p)
  SELECT string_agg(format('%s, which %s', f.name, CASE f.state WHEN 'error' THEN 'failed' ELSE 'was cancelled' END), ', and '
                    ORDER BY f.position),
         string_agg(format('SELECT tasker.retry_step(%L, %L, ''you'')', f.task_id, f.name), '; ' ORDER BY f.position)
           FILTER (WHERE f.state = 'error' AND NOT tasker.key_taken(f.task_id))
    INTO failed, remedy
    FROM awaited a
   CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = a.step_id AND state IN ('error', 'cancelled') OFFSET 0) f;

  code := CASE WHEN failed IS NULL THEN 'waits_for_parents' ELSE 'blocked_by_failure' END;
  explanation := format('Waits for %s.', parents)
    || coalesce(' Nothing can go on without ' || failed || '.', '')
    || coalesce(' Retry it, resolve it or, if it is skippable, skip it: ' || remedy, '')
    || coalesce((SELECT ' Besides: ' || p.explanation FROM tasker.explain_pauses(step.namespace_id, step.task_id) p LIMIT 1), '');
  RETURN NEXT;
END
$$;
