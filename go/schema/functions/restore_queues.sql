-- Makes all queues whole: the orchestrator's two and one for each namespace. Queues are lost with a backup that left
-- out schema pgmq, or to somebody who drops them. One that somebody else is making (or dropping) this moment is left to
-- them; nothing is waited for. One that may not be made is left out, so that everything else goes on; stale_work and
-- explain_step tell of it. Gives how many were made whole.
CREATE FUNCTION tasker.restore_queues() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  queue    text;
  restored integer := 0;
BEGIN
  FOR queue IN
    SELECT name FROM (
      SELECT unnest(ARRAY['orchestration_task_requests', 'orchestration_step_results']) AS name
      UNION ALL
      SELECT tasker.queue_name(n.name) FROM tasker.namespaces n) known
     WHERE to_regclass(format('pgmq.%I', 'q_' || name)) IS NULL OR to_regclass(format('pgmq.%I', 'a_' || name)) IS NULL
        OR NOT EXISTS (SELECT FROM pgmq.meta m WHERE m.queue_name = name)
     ORDER BY name
  LOOP
    CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtext('pgmq.queue_' || queue));  -- pgmq's own, without waiting
    BEGIN
      restored := restored + tasker.ensure_queue(queue)::integer;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE WARNING 'queue % is gone and % may not make it: %', queue, current_user, SQLERRM;
    END;
  END LOOP;
  RETURN restored;
END
$$;
