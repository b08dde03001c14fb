-- Pauses a namespace or lets it go on. The lock is the one under which steps are handed out: a hand-out under way is
-- over once this returns, and none begins before the caller's transaction ends. Gives whether that changed anything.
CREATE FUNCTION tasker.turn_namespace(namespace text, pausing boolean, actor text, reason text) RETURNS boolean
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  id integer := (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = namespace);
  so boolean;
BEGIN
  PERFORM tasker.check_control('pause', '{pause}', actor, reason);
  IF id IS NULL THEN
    RAISE EXCEPTION 'no namespace %: registering a template makes its namespace', coalesce(quote_literal(left(namespace, 255)), 'null')
      USING ERRCODE = 'TK404';
  END IF;
  IF pausing THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('tasker hand-out', id));
  END IF;
  SELECT n.paused INTO so FROM tasker.namespaces n WHERE n.namespace_id = id FOR NO KEY UPDATE;
  IF so = pausing THEN
    RETURN false;
  END IF;
  UPDATE tasker.namespaces n SET paused = pausing WHERE n.namespace_id = id;
  INSERT INTO tasker.pauses (namespace_id, paused, at, actor, reason) VALUES (id, pausing, clock_timestamp(), actor, reason);
  PERFORM pg_notify('tasker.orchestrator', '');
  RETURN true;
END
$$;
