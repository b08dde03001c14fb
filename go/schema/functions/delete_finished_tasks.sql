-- Retention: deletes tasks that came to rest longer ago than older_than, with their steps, history, checkpoints and
-- events: at most quantity of them in one call, the oldest first. Repeat it, each call a transaction of its own, until
-- fewer than quantity come back: then none is left. Safe while everything runs: a task that somebody holds is passed over,
-- an open task is never touched, a message of a deleted step is stale to whoever reads it. Dead letters stay.
-- Tasks in error are finished, too, unless errors_too is false. A deleted task's idempotency key and request_id are
-- forgotten: the same request makes a new task.
-- Tasks are read by primary key, whose ids begin with the time of creation. Each call goes on where the last one
-- stopped, and what it does not find up to the end it looks for from the beginning; so old tasks that are still open
-- are read once in a series of calls, and once more by its last. The cascades go by indexes, each of which begins with
-- what is deleted; enable_seqscan makes sure of it where the planner knows nothing of the tables yet.
CREATE FUNCTION tasker.delete_finished_tasks(older_than interval, quantity integer DEFAULT 1000, errors_too boolean DEFAULT true)
RETURNS TABLE (tasks bigint, steps bigint, transitions bigint)
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off AS $$
DECLARE
  before  timestamptz := clock_timestamp() - older_than;
  beyond  uuid := tasker.first_uuidv7(before);  -- what was created later cannot have come to rest earlier
  front   uuid := '00000000-0000-0000-0000-000000000000';
  start   uuid;
  chosen  uuid[];
  gone    bigint[];
BEGIN
  IF older_than IS NULL OR older_than < interval '0' OR quantity IS NULL OR quantity < 1 THEN
    RAISE EXCEPTION 'delete_finished_tasks: older_than is a time span, not negative, and quantity at least 1' USING ERRCODE = 'TK400';
  END IF;
  SELECT r.read_upto INTO start FROM tasker.retention r FOR UPDATE SKIP LOCKED;  -- who cleans up at the same time begins at the front
  chosen := tasker.lock_finished_tasks(coalesce(start, front), beyond, before, quantity, errors_too);
  IF cardinality(chosen) < quantity AND start IS NOT NULL THEN
    chosen := chosen || tasker.lock_finished_tasks(front, least(start, beyond), before, quantity - cardinality(chosen), errors_too);
  END IF;
  IF start IS NOT NULL THEN
    UPDATE tasker.retention SET read_upto = CASE WHEN cardinality(chosen) = quantity THEN chosen[quantity] ELSE front END;
  END IF;

  gone := ARRAY(SELECT s.step_id FROM tasker.steps_of(chosen) s);
  DELETE FROM tasker.step_transitions h WHERE h.step_id = ANY (gone);
  GET DIAGNOSTICS transitions = ROW_COUNT;
  DELETE FROM tasker.task_transitions h WHERE h.task_id = ANY (chosen);
  GET DIAGNOSTICS steps = ROW_COUNT;
  transitions := transitions + steps;
  steps := cardinality(gone);
  DELETE FROM tasker.tasks t WHERE t.task_id = ANY (chosen);
  GET DIAGNOSTICS tasks = ROW_COUNT;
  RETURN NEXT;
END
$$;
