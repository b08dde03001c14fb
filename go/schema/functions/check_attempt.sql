-- What a start of this attempt would be answered now, without announcing one: started, stale or paused, as
-- tasker.start_steps says it. For a worker whose message waited between its start and its handler, and for a handler
-- that asks whether anybody still waits for it. Nothing is locked and nothing is counted.
CREATE FUNCTION tasker.check_attempt(step_id bigint, attempt integer) RETURNS text
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  paused boolean;
BEGIN
  SELECT s.paused OR tasker.is_paused(s.namespace_id) INTO paused
    FROM tasker.steps s
   WHERE s.step_id = check_attempt.step_id AND s.attempt = check_attempt.attempt AND s.state IN ('enqueued', 'in_progress');
  RETURN CASE WHEN NOT FOUND THEN 'stale' WHEN paused THEN 'paused' ELSE 'started' END;
END
$$;
