-- A worker gives messages back before their lease ends: releases is [{"msg_id", "read_ct", "step_id", "attempt"}, …].
-- Steps go back to enqueued, the same attempt, and no loss is counted; the messages can be read again after
-- delay_seconds. Only what is still this worker's is touched: read_ct says whose a message is. The steps come first and
-- nothing is waited for, so nobody who holds a message waits for a step. Gives the msg_ids released.
CREATE FUNCTION tasker.release_steps(namespace text, releases jsonb, delay_seconds float8 DEFAULT 0)
RETURNS SETOF bigint
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  now    timestamptz := clock_timestamp();
  steps  bigint[];
  given  bigint[];
BEGIN
  steps := ARRAY(
    SELECT s.step_id FROM tasker.steps s
     WHERE s.step_id = ANY (ARRAY(SELECT r.step_id FROM jsonb_to_recordset(releases) AS r (step_id bigint)))
     ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED);
  EXECUTE format($sql$
    WITH mine AS (
      SELECT q.msg_id FROM %1$s q
        JOIN jsonb_to_recordset($1) AS r (msg_id bigint, read_ct integer, step_id bigint) USING (msg_id, read_ct)
       WHERE r.step_id = ANY ($4) OR NOT EXISTS (SELECT FROM tasker.steps s WHERE s.step_id = r.step_id)
       ORDER BY q.msg_id FOR UPDATE OF q SKIP LOCKED),
    shown AS (
      UPDATE %1$s q SET vt = $2 + make_interval(secs => $3) FROM mine WHERE q.msg_id = mine.msg_id RETURNING q.msg_id)
    SELECT array_agg(msg_id) FROM shown $sql$, tasker.queue_table(namespace))
    INTO given USING releases, now, delay_seconds, steps;

  WITH moved AS (
    UPDATE tasker.steps s SET state = 'enqueued'
      FROM jsonb_to_recordset(releases) AS r (msg_id bigint, step_id bigint, attempt integer)
     WHERE r.msg_id = ANY (given) AND s.step_id = r.step_id AND s.step_id = ANY (steps) AND s.msg_id = r.msg_id AND s.attempt = r.attempt
       AND s.state = 'in_progress'
    RETURNING s.step_id, s.attempt)
  INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
  SELECT step_id, 'in_progress', 'enqueued', attempt, now, 'release_steps', 'lease given back' FROM moved ORDER BY step_id;

  IF delay_seconds = 0 AND given IS NOT NULL THEN
    PERFORM pg_notify('tasker.steps.' || namespace, '');
  END IF;
  RETURN QUERY SELECT unnest(given);
END
$$;
