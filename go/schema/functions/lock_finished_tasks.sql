-- Locks tasks with ids from one to another that came to rest before a time, the oldest first, at most quantity of them,
-- with their steps and checkpoints, and gives their ids. What somebody else holds is passed over, also a task of which he
-- holds only a step or a checkpoint: a handler's transaction may last. Any other way than along the primary key reads
-- further than asked for, so the planner, who may know nothing of the table yet, is not left the choice. The inner query
-- is walked only as far as the outer one asks.
CREATE FUNCTION tasker.lock_finished_tasks(from_id uuid, to_id uuid, before timestamptz, quantity integer, errors_too boolean)
RETURNS uuid[]
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
BEGIN
  RETURN ARRAY(
    SELECT l.task_id FROM (
      SELECT t.task_id FROM tasker.tasks t
       WHERE t.task_id >= from_id AND t.task_id < to_id AND t.completed_at < before AND (errors_too OR t.state <> 'error')
       ORDER BY t.task_id FOR UPDATE SKIP LOCKED) l
     WHERE (SELECT count(*) FROM tasker.steps WHERE task_id = l.task_id) = (
             SELECT count(*) FROM (SELECT FROM tasker.steps WHERE task_id = l.task_id FOR UPDATE SKIP LOCKED) had)
       AND (SELECT count(*) FROM tasker.steps s
             CROSS JOIN LATERAL (SELECT FROM tasker.checkpoints WHERE step_id = s.step_id OFFSET 0) c WHERE s.task_id = l.task_id) = (
             SELECT count(*) FROM tasker.steps s
              CROSS JOIN LATERAL (SELECT FROM tasker.checkpoints WHERE step_id = s.step_id FOR UPDATE SKIP LOCKED) had WHERE s.task_id = l.task_id)
     LIMIT quantity);
END
$$;
