-- Moves tasks where an operator wants them: called off or declared done, or from error back to work. The caller has
-- locked them and found that the move is possible. An idempotency key that is held only while its task is open goes and
-- comes back with it. That it is free was tested under its lock; only a REPEATABLE READ caller can have been mistaken.
CREATE FUNCTION tasker.move_tasks(task_ids uuid[], target text, at timestamptz, actor text, reason text) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  WITH moved AS (
    UPDATE tasker.tasks t
       SET state = target, updated_at = move_tasks.at,
           completed_at = CASE WHEN target <> 'in_progress' THEN move_tasks.at END,
           key_held = CASE WHEN target <> 'in_progress' THEN t.key_held AND t.key_scope = 'forever' ELSE true END
      FROM unnest(task_ids) AS m (id) CROSS JOIN LATERAL (SELECT state FROM tasker.tasks WHERE task_id = m.id OFFSET 0) was
     WHERE t.task_id = m.id AND t.task_id = ANY (task_ids)
    RETURNING t.task_id, was.state AS from_state)
  INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor, reason)
  SELECT task_id, from_state, target, move_tasks.at, move_tasks.actor, move_tasks.reason FROM moved ORDER BY task_id;
  IF FOUND AND target <> 'in_progress' THEN
    PERFORM pg_notify('tasker.finished', '');
  END IF;
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION 'another task took the idempotency key meanwhile: repeat the transaction' USING ERRCODE = '40001';
END
$$;
