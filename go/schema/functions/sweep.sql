-- The recovery of what everyday work cannot mend: queues that are gone are made again (recreated), steps that are out
-- without a living message are noticed (suspected) and, when they still are one lease later, get another message for the
-- same attempt (resent), and steps that cost too many workers are ended (lost). Nothing ends because time passed.
-- One sweep at a time; whoever comes second has nothing to do. At most quantity of each kind in a transaction. A
-- namespace whose queue somebody has locked is left to the next sweep. only_namespaces limits the work
-- to some (null: all), none of them to making queues: an orchestrator does that first, and then each by itself.
CREATE FUNCTION tasker.sweep(lease_seconds integer, quantity integer, actor text, only_namespaces integer[] DEFAULT NULL)
RETURNS TABLE (suspected integer, resent integer, lost integer, recreated integer)
LANGUAGE plpgsql SET jit = off SET lock_timeout = '200ms' AS $$
DECLARE
  namespace record;
  sent      integer;
  ended     integer;
  noticed   integer;
BEGIN
  suspected := 0;
  resent := 0;
  lost := 0;
  recreated := 0;
  IF pg_try_advisory_xact_lock(hashtextextended('tasker sweep', 0)) THEN
    IF only_namespaces IS NULL OR only_namespaces = '{}' THEN
      recreated := tasker.restore_queues();
    END IF;
    FOR namespace IN
      SELECT n.name, tasker.is_paused(n.namespace_id) AS paused FROM tasker.namespaces n
       WHERE n.namespace_id = ANY (coalesce(only_namespaces, ARRAY(SELECT tasker.swept_namespaces())))
         AND to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(n.name))) IS NOT NULL
       ORDER BY n.namespace_id
    LOOP
      BEGIN
        sent := tasker.resend_suspects(namespace.name, lease_seconds, quantity - resent, actor);
        ended := CASE WHEN namespace.paused THEN 0 ELSE tasker.end_lost_steps(namespace.name, quantity - lost, actor) END;
        noticed := CASE WHEN namespace.paused THEN 0 ELSE tasker.suspect_steps(namespace.name, quantity - suspected) END;
        resent := resent + sent;
        lost := lost + ended;
        suspected := suspected + noticed;
      EXCEPTION WHEN lock_not_available THEN
        CONTINUE;
      END;
    END LOOP;
  END IF;
  RETURN NEXT;
END
$$;
