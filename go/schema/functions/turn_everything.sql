-- Pauses everything or lets it go on; what is paused by itself stays so. As in turn_namespace, every hand-out under way
-- is over once this returns. Gives whether that changed anything.
CREATE FUNCTION tasker.turn_everything(pausing boolean, actor text, reason text) RETURNS boolean
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  namespace record;
  so        boolean;
BEGIN
  PERFORM tasker.check_control('pause', '{pause}', actor, reason);
  IF pausing THEN
    FOR namespace IN SELECT n.namespace_id FROM tasker.namespaces n ORDER BY n.namespace_id LOOP
      PERFORM pg_advisory_xact_lock(hashtextextended('tasker hand-out', namespace.namespace_id));
    END LOOP;
  END IF;
  SELECT i.paused INTO so FROM tasker.installation i FOR NO KEY UPDATE;
  IF so = pausing THEN
    RETURN false;
  END IF;
  UPDATE tasker.installation SET paused = pausing;
  INSERT INTO tasker.pauses (paused, at, actor, reason) VALUES (pausing, clock_timestamp(), actor, reason);
  PERFORM pg_notify('tasker.orchestrator', '');
  RETURN true;
END
$$;
