-- An operator's act on their steps moves tasks in error on; others are only marked as changed, so that a REPEATABLE READ
-- caller who looked at them before gets 40001 and no wrong verdict.
CREATE FUNCTION tasker.reopen_tasks(task_ids uuid[], at timestamptz, actor text, reason text) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  UPDATE tasker.tasks t SET updated_at = reopen_tasks.at WHERE t.task_id = ANY (task_ids) AND t.state <> 'error';
  PERFORM tasker.move_tasks(ARRAY(
    SELECT t.task_id FROM tasker.tasks t WHERE t.task_id = ANY (task_ids) AND t.state = 'error'), 'in_progress', at, actor, reason);
END
$$;
