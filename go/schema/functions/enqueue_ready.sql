-- Hands out what is ready, by effective priority, as far as each namespace's window has room: steps whose parents
-- are all done, and retries that are due. The one who hands out for a namespace holds its lock until the
-- transaction ends; nobody waits for it: what was not looked at is counted in contended. Tasks are locked first, in
-- order of their ids and without waiting, and the steps are read again afterwards: what was seen before the locks
-- may not be true any more. only limits the work to some namespaces (null: all).
CREATE FUNCTION tasker.enqueue_ready(quantity integer, actor text, only_namespaces integer[] DEFAULT NULL)
RETURNS TABLE (enqueued integer, contended integer)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  namespace  record;
  room       integer;
  further    integer;
  candidates bigint[];
  locked     uuid[];
  chosen     bigint[];
BEGIN
  enqueued := 0;
  contended := 0;
  FOR namespace IN
    SELECT n.namespace_id, n.dispatch_window FROM tasker.namespaces n
     WHERE (only_namespaces IS NULL OR n.namespace_id = ANY (only_namespaces))
       AND cardinality(tasker.next_ready(n.namespace_id, 1)) > 0
       AND to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(n.name))) IS NOT NULL  -- else the others go on without it
     ORDER BY n.namespace_id
  LOOP
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tasker hand-out', namespace.namespace_id)) THEN
      contended := contended + 1;
      CONTINUE;
    END IF;
    CONTINUE WHEN tasker.is_paused(namespace.namespace_id);  -- tested under the lock that a pause takes
    room := least(tasker.window_room(namespace.namespace_id, namespace.dispatch_window), quantity - enqueued);
    CONTINUE WHEN room <= 0;
    FOREACH further IN ARRAY ARRAY[0, 100] LOOP  -- once more, further, when some belong to tasks that others hold
      candidates := tasker.next_ready(namespace.namespace_id, room + further);
      SELECT array_agg(l.task_id) INTO locked FROM (
        SELECT t.task_id FROM tasker.tasks t
         WHERE t.task_id IN (SELECT s.task_id FROM tasker.steps s WHERE s.step_id = ANY (candidates))
         ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED) l;
      chosen := ARRAY(
        SELECT s.step_id FROM tasker.steps s
         WHERE s.step_id = ANY (candidates) AND s.task_id = ANY (locked) AND tasker.is_ready(s)
         ORDER BY s.rank, s.step_id LIMIT room FOR NO KEY UPDATE SKIP LOCKED);
      EXIT WHEN cardinality(chosen) = least(room, cardinality(candidates));
    END LOOP;
    enqueued := enqueued + tasker.hand_out(chosen, actor);
  END LOOP;
  RETURN NEXT;
END
$$;
