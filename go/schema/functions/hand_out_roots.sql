-- New tasks' first steps go out with the transaction that creates them, unless something is held back in their
-- namespace already: then they queue up behind it and the next tick chooses. No lock is taken that others share, so
-- many callers at once may overshoot the window by what they hand out here, and no further. While the queue is gone they
-- wait too: a caller's transaction may not make it, and need not fail for it. A task that is to start later has no first
-- steps yet; the orchestrators hear of it, because it may be due before anything else.
CREATE FUNCTION tasker.hand_out_roots(task_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  namespace record;
  roots     bigint[];
  later     boolean;
BEGIN
  FOR namespace IN
    SELECT n.namespace_id, n.dispatch_window FROM tasker.namespaces n
     WHERE n.namespace_id = ANY (ARRAY(SELECT namespace_id FROM tasker.tasks WHERE task_id = ANY (task_ids)))
       AND to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(n.name))) IS NOT NULL
     ORDER BY n.namespace_id
  LOOP
    CONTINUE WHEN tasker.is_paused(namespace.namespace_id);
    SELECT array_agg(s.step_id) FILTER (WHERE s.state = 'pending'), bool_or(s.state = 'waiting_for_retry') INTO roots, later
      FROM tasker.steps_of(task_ids) s
     WHERE s.namespace_id = namespace.namespace_id AND s.state IN ('pending', 'waiting_for_retry') AND s.unmet_dependencies = 0;
    IF cardinality(roots) <= tasker.window_room(namespace.namespace_id, namespace.dispatch_window)
       AND NOT tasker.held_back(namespace.namespace_id, roots) THEN
      PERFORM tasker.hand_out(namespace.namespace_id, roots, 'create_tasks');
    ELSE
      later := true;
    END IF;
    IF later THEN
      PERFORM pg_notify('tasker.orchestrator', '');
    END IF;
  END LOOP;
END
$$;
