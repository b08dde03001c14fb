-- Hands out steps whose last parent is done in this transaction, which holds their tasks: at most quantity of them, and as long
-- as their namespace, one of those named, has room for all of its own, and nothing else waits there. Otherwise they join
-- those that wait, and rank says which portion goes, as always. Gives enqueue_ready's counts.
CREATE FUNCTION tasker.enqueue_freed(freed bigint[], quantity integer, portion integer, actor text, namespaces integer[])
RETURNS TABLE (enqueued integer, contended integer)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  namespace record;
  others    record;
BEGIN
  enqueued := 0;
  contended := 0;
  FOR namespace IN
    SELECT n.namespace_id, n.dispatch_window, array_agg(s.step_id) AS steps
      FROM unnest(freed) AS f (id)
     CROSS JOIN LATERAL (SELECT step_id, namespace_id FROM tasker.steps WHERE step_id = f.id OFFSET 0) s
      JOIN tasker.namespaces n USING (namespace_id)
     WHERE n.namespace_id = ANY (namespaces)
       AND to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(n.name))) IS NOT NULL  -- else the others go on without it
     GROUP BY n.namespace_id ORDER BY n.namespace_id
  LOOP
    IF NOT pg_try_advisory_xact_lock(hashtextextended('tasker hand-out', namespace.namespace_id)) THEN
      contended := contended + 1;
      CONTINUE;
    END IF;
    CONTINUE WHEN tasker.is_paused(namespace.namespace_id);  -- tested under the lock that a pause takes
    IF cardinality(namespace.steps) <= least(quantity - enqueued, tasker.window_room(namespace.namespace_id, namespace.dispatch_window))
       AND NOT tasker.held_back(namespace.namespace_id, '{}') THEN
      enqueued := enqueued + tasker.hand_out(namespace.namespace_id, namespace.steps, actor);
    ELSE
      UPDATE tasker.steps s SET unmet_dependencies = 0 WHERE s.step_id = ANY (namespace.steps);
      SELECT r.* INTO others FROM tasker.enqueue_ready(least(quantity - enqueued, portion), actor, ARRAY[namespace.namespace_id]) r;
      enqueued := enqueued + others.enqueued;
      contended := contended + others.contended;
    END IF;
  END LOOP;
  RETURN NEXT;
END
$$;
