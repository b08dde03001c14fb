-- Brings tasks to rest in the states the orchestrator found for them, in the transaction that changed their steps.
CREATE FUNCTION tasker.finish_tasks(task_ids uuid[], states text[], actor text) RETURNS integer
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  now  timestamptz := clock_timestamp();
  done integer;
BEGIN
  WITH moved AS (
    UPDATE tasker.tasks t SET state = f.state, completed_at = now, updated_at = now
      FROM unnest(task_ids, states) AS f (task_id, state) JOIN tasker.tasks was USING (task_id)
     WHERE t.task_id = f.task_id AND t.state IN ('pending', 'in_progress')
    RETURNING t.task_id, was.state AS from_state, t.state AS to_state)
  INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor)
  SELECT task_id, from_state, to_state, now, actor FROM moved ORDER BY task_id;
  GET DIAGNOSTICS done = ROW_COUNT;
  PERFORM pg_notify('tasker.finished', '');
  RETURN done;
END
$$;
