-- A worker announces that it starts these attempts: starts is [{"step_id": 1, "attempt": 1}, …]. Each is answered:
--   started  run it
--   stale    never run it: the attempt is no longer current, or the step is no longer open; delete its message
--   busy     somebody is changing the step this moment; let the message come again
--   paused   not now: give the message back, it costs nothing
--   lost     never run it: too many workers died of it, the sweep will end it; leave its message alone
-- A start on an attempt that is in progress already means that its worker died: one loss. In a pause such a step goes back
-- to enqueued, so that a death is counted once, however often its message comes again. started_at says when an
-- attempt was announced last, also when the answer was paused: a step whose workers announce is judged by its losses.
-- Steps are locked with SKIP LOCKED, so a worker that holds messages never waits here.
CREATE FUNCTION tasker.start_steps(starts jsonb, worker text)
RETURNS TABLE (step_id bigint, attempt integer, answer text)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  now        timestamptz := clock_timestamp();
  everything boolean := (SELECT paused FROM tasker.installation);
  locked     bigint[];
BEGIN
  SELECT coalesce(array_agg(l.step_id), '{}') INTO locked FROM (
    SELECT s.step_id FROM tasker.steps s
     WHERE s.step_id = ANY (ARRAY(SELECT a.step_id FROM jsonb_to_recordset(starts) AS a (step_id bigint)))
     ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED) l;

  RETURN QUERY
    WITH asked AS (
      SELECT DISTINCT a.step_id, a.attempt, was.state AS from_state, n.crash_budget,
             was.paused OR n.paused OR everything AS paused
        FROM jsonb_to_recordset(starts) AS a (step_id bigint, attempt integer)
        LEFT JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = a.step_id OFFSET 0) was ON true
        LEFT JOIN tasker.namespaces n USING (namespace_id)),
    started AS (
      UPDATE tasker.steps s
         SET state = CASE WHEN a.paused THEN 'enqueued' ELSE 'in_progress' END, started_at = now,
             losses = s.losses + CASE WHEN s.state = 'in_progress' THEN 1 ELSE 0 END
        FROM asked a
       WHERE s.step_id = a.step_id AND s.step_id = ANY (locked) AND s.attempt = a.attempt
         AND s.state IN ('enqueued', 'in_progress')
      RETURNING s.step_id, s.attempt, a.from_state, s.state AS to_state,
                CASE WHEN s.losses >= a.crash_budget THEN 'lost' WHEN a.paused THEN 'paused' ELSE 'started' END AS answer),
    noted AS (
      INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
      SELECT st.step_id, st.from_state, st.to_state, st.attempt, now, worker,
             CASE WHEN st.to_state = 'enqueued' THEN 'paused; its worker was lost' END
        FROM started st WHERE st.from_state <> st.to_state ORDER BY st.step_id)
    SELECT a.step_id, a.attempt,
           CASE WHEN st.step_id IS NOT NULL THEN st.answer
                WHEN a.step_id = ANY (locked) OR a.from_state IS NULL THEN 'stale' ELSE 'busy' END
      FROM asked a
      LEFT JOIN started st ON st.step_id = a.step_id AND st.attempt = a.attempt;
END
$$;
