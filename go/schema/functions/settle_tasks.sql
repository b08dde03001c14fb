-- Brings tasks to rest for which no step is left that could move: the verdict. Whoever changes steps calls it last, in
-- the same transaction, with the tasks locked. Gives how many came to rest. The order matters. While anything can
-- still move, nothing is decided, so a failed branch never stops the others. Then come the good end and the bad one. A
-- step blocked by a failed parent does not keep its task open: it stays pending, so that a retry of the parent revives
-- it. What is left was called off.
CREATE FUNCTION tasker.settle_tasks(task_ids uuid[], actor text) RETURNS integer
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  now     timestamptz := clock_timestamp();
  settled integer;
BEGIN
  WITH judged AS (
    SELECT t.id, CASE WHEN s.satisfied THEN 'complete' WHEN s.failed THEN 'error' ELSE 'cancelled' END AS verdict
      FROM unnest(task_ids) AS t (id)
      LEFT JOIN LATERAL (  -- the first step that can move says so; the others need not be looked at
        SELECT true AS moving FROM tasker.steps WHERE task_id = t.id
           AND (state IN ('enqueued', 'in_progress', 'waiting_for_retry') OR (state = 'pending' AND unmet_dependencies = 0)) LIMIT 1) m ON true
     CROSS JOIN LATERAL (
       SELECT coalesce(bool_and(state IN ('complete', 'skipped', 'resolved_manually')), true) AS satisfied,
              coalesce(bool_or(state = 'error'), false) AS failed
         FROM tasker.steps WHERE task_id = t.id OFFSET 0) s
     WHERE m.moving IS NULL),
  moved AS (
    UPDATE tasker.tasks t
       SET state = j.verdict, completed_at = now, updated_at = now, key_held = t.key_held AND t.key_scope = 'forever'
      FROM judged j CROSS JOIN LATERAL (SELECT state FROM tasker.tasks WHERE task_id = j.id OFFSET 0) was
     WHERE t.task_id = j.id AND t.task_id = ANY (task_ids) AND t.state IN ('pending', 'in_progress')
    RETURNING t.task_id, was.state AS from_state, t.state AS to_state)
  INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor)
  SELECT task_id, from_state, to_state, now, actor FROM moved ORDER BY task_id;
  GET DIAGNOSTICS settled = ROW_COUNT;
  IF settled > 0 THEN
    PERFORM pg_notify('tasker.finished', '');
  END IF;
  RETURN settled;
END
$$;
