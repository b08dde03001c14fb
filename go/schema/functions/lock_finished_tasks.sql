-- Locks tasks with ids from one to another that came to rest before a time, the oldest first, at most quantity of them,
-- and gives their ids. What somebody else holds is passed over. Any other way than along the primary key reads further
-- than asked for, so the planner, who may know nothing of the table yet, is not left the choice.
CREATE FUNCTION tasker.lock_finished_tasks(from_id uuid, to_id uuid, before timestamptz, quantity integer, errors_too boolean)
RETURNS uuid[]
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
  RETURN ARRAY(
    SELECT t.task_id FROM tasker.tasks t
     WHERE t.task_id >= from_id AND t.task_id < to_id AND t.completed_at < before AND (errors_too OR t.state <> 'error')
     ORDER BY t.task_id LIMIT quantity FOR UPDATE SKIP LOCKED);
END
$$;
