-- Hands out what is ready, by effective priority, as far as each namespace's window has room: steps whose parents
-- are all done, starts and retries that are due. The one who hands out for a namespace holds its lock until the
-- transaction ends; nobody waits for it: what was not looked at is counted in contended. Tasks are locked first, in
-- order of their ids and without waiting, and the steps are read again afterwards: what was seen before the locks
-- may not be true any more. only_namespaces limits the work to some (null: all); the steps in besides stay. Namespaces share what may go out, each
-- its part of what the ones before it left; where there are more of them than steps may go out, chance says whose turn it is.
CREATE FUNCTION tasker.enqueue_ready(quantity integer, actor text, only_namespaces integer[] DEFAULT NULL, besides bigint[] DEFAULT '{}')
RETURNS TABLE (enqueued integer, contended integer)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  namespace  record;
  room       integer;
  share      integer;
  further    integer;
  candidates bigint[];
  locked     uuid[];
  chosen     bigint[];
BEGIN
  enqueued := 0;
  contended := 0;
  FOR namespace IN
    SELECT c.*, count(*) OVER () AS count, row_number() OVER (ORDER BY c.namespace_id) AS n FROM (
      SELECT n.namespace_id, n.dispatch_window FROM tasker.ready_namespaces() AS r (id) JOIN tasker.namespaces n ON n.namespace_id = r.id
       WHERE (only_namespaces IS NULL OR n.namespace_id = ANY (only_namespaces)) AND NOT tasker.is_paused(n.namespace_id)
         AND cardinality(tasker.next_ready(n.namespace_id, 1, besides)) > 0
         AND to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(n.name))) IS NOT NULL  -- else the others go on without it
       ORDER BY random() LIMIT quantity) c
     ORDER BY n
  LOOP
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tasker hand-out', namespace.namespace_id)) THEN
      contended := contended + 1;
      CONTINUE;
    END IF;
    CONTINUE WHEN tasker.is_paused(namespace.namespace_id);  -- again, now under the lock that a pause takes
    share := ceil((quantity - enqueued) / (namespace.count - namespace.n + 1)::float8);
    room := least(tasker.window_room(namespace.namespace_id, namespace.dispatch_window), share);
    CONTINUE WHEN room <= 0;
    PERFORM tasker.mark_due(namespace.namespace_id);
    -- Once more, further, when some belong to tasks that others hold; and ever further while those hold all there are.
    FOREACH further IN ARRAY ARRAY[0, 100, 1000, 10000, 100000] LOOP
      candidates := tasker.next_ready(namespace.namespace_id, room + further, besides);
      SELECT array_agg(l.task_id) INTO locked FROM (
        SELECT t.task_id FROM tasker.tasks t
         WHERE t.task_id = ANY (ARRAY(SELECT s.task_id FROM tasker.steps s WHERE s.step_id = ANY (candidates)))
         ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED) l;
      chosen := ARRAY(
        SELECT s.step_id FROM tasker.steps s
         WHERE s.step_id = ANY (ARRAY(
           SELECT r.step_id FROM unnest(candidates) AS c (id)
            CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = c.id OFFSET 0) r
            WHERE r.task_id = ANY (locked) AND tasker.is_ready(r) ORDER BY r.rank, r.step_id LIMIT room))
         ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED);
      EXIT WHEN cardinality(chosen) = room OR cardinality(candidates) < room + further
             OR (further > 0 AND cardinality(chosen) > 0);
    END LOOP;
    enqueued := enqueued + tasker.hand_out(namespace.namespace_id, chosen, actor);
  END LOOP;
  RETURN NEXT;
END
$$;
