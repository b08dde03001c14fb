-- The first look of the sweep: remembers steps of a namespace that have no living message. That alone changes nothing;
-- a worker may delete its message in one transaction and send its result in the next. Gives how many.
CREATE FUNCTION tasker.suspect_steps(namespace text, quantity integer) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  suspected integer;
BEGIN
  INSERT INTO tasker.suspects (step_id, namespace_id, attempt, msg_id, since)
  SELECT s.step_id, s.namespace_id, s.attempt, s.msg_id, clock_timestamp()
    FROM tasker.steps s WHERE s.step_id = ANY (ARRAY(SELECT tasker.steps_without_message(namespace, NULL, quantity)))
  ON CONFLICT (step_id) DO UPDATE SET attempt = excluded.attempt, msg_id = excluded.msg_id, since = excluded.since;
  GET DIAGNOSTICS suspected = ROW_COUNT;
  RETURN suspected;
END
$$;
