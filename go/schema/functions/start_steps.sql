-- A worker announces that it starts these attempts: starts is [{"step_id": 1, "attempt": 1}, …]. Each is answered:
--   started  run it
--   stale    never run it: the attempt is no longer current, or the step is no longer open; delete its message
--   busy     somebody is changing the step this moment; let the message come again
-- A start on an attempt that is in progress already means that its worker died: one loss.
-- Steps are locked with SKIP LOCKED, so a worker that holds messages never waits here.
CREATE FUNCTION tasker.start_steps(starts jsonb, worker text)
RETURNS TABLE (step_id bigint, attempt integer, answer text)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  now    timestamptz := clock_timestamp();
  locked bigint[];
BEGIN
  SELECT coalesce(array_agg(l.step_id), '{}') INTO locked FROM (
    SELECT s.step_id FROM tasker.steps s
     WHERE s.step_id IN (SELECT a.step_id FROM jsonb_to_recordset(starts) AS a (step_id bigint))
     ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED) l;

  RETURN QUERY
    WITH asked AS (
      SELECT DISTINCT a.step_id, a.attempt FROM jsonb_to_recordset(starts) AS a (step_id bigint, attempt integer)),
    started AS (
      UPDATE tasker.steps s
         SET state = 'in_progress', started_at = now,
             losses = s.losses + CASE WHEN s.state = 'in_progress' THEN 1 ELSE 0 END
        FROM asked a JOIN tasker.steps was USING (step_id)
       WHERE s.step_id = a.step_id AND s.step_id = ANY (locked) AND s.attempt = a.attempt
         AND s.state IN ('enqueued', 'in_progress')
      RETURNING s.step_id, s.attempt, was.state AS from_state),
    noted AS (
      INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor)
      SELECT st.step_id, st.from_state, 'in_progress', st.attempt, now, worker
        FROM started st WHERE st.from_state = 'enqueued' ORDER BY st.step_id)
    SELECT a.step_id, a.attempt,
           CASE WHEN st.step_id IS NOT NULL THEN 'started'
                WHEN a.step_id = ANY (locked) OR s.step_id IS NULL THEN 'stale' ELSE 'busy' END
      FROM asked a
      LEFT JOIN started st ON st.step_id = a.step_id AND st.attempt = a.attempt
      LEFT JOIN tasker.steps s ON s.step_id = a.step_id;
END
$$;
