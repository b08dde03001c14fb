-- A worker gives messages back before their lease ends: releases is [{"msg_id", "read_ct", "step_id", "attempt"}, …].
-- Steps go back to enqueued, the same attempt, and no loss is counted; the messages can be read again after
-- delay_seconds. Only what is still this worker's is touched. Gives the msg_ids released.
CREATE FUNCTION tasker.release_steps(namespace text, releases jsonb, delay_seconds float8 DEFAULT 0)
RETURNS SETOF bigint
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  now timestamptz := clock_timestamp();
BEGIN
  WITH given AS (
    SELECT s.step_id FROM tasker.steps s
      JOIN jsonb_to_recordset(releases) AS r (msg_id bigint, step_id bigint, attempt integer)
        ON s.step_id = r.step_id AND s.attempt = r.attempt AND s.msg_id = r.msg_id
     WHERE s.state = 'in_progress' ORDER BY s.step_id FOR NO KEY UPDATE OF s SKIP LOCKED),
  moved AS (
    UPDATE tasker.steps s SET state = 'enqueued', started_at = NULL
      FROM given g WHERE s.step_id = g.step_id RETURNING s.step_id, s.attempt)
  INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
  SELECT step_id, 'in_progress', 'enqueued', attempt, now, 'release_steps', 'lease given back' FROM moved ORDER BY step_id;

  RETURN QUERY EXECUTE format($sql$
    WITH locked AS (
      SELECT q.msg_id FROM %1$s q
        JOIN jsonb_to_recordset($1) AS r (msg_id bigint, read_ct integer) USING (msg_id, read_ct)
       ORDER BY q.msg_id FOR UPDATE OF q SKIP LOCKED)
    UPDATE %1$s q SET vt = $2 + make_interval(secs => $3)
      FROM locked WHERE q.msg_id = locked.msg_id RETURNING q.msg_id $sql$, tasker.queue_table(namespace))
    USING releases, now, delay_seconds;
  IF delay_seconds = 0 THEN
    PERFORM pg_notify('tasker.steps.' || namespace, '');
  END IF;
END
$$;
