-- Marks the starts and retries of a namespace that are due, where they are more than next_ready looks at: from then on they
-- stand in the order of their rank. Each is marked once, and at most three thousand at a time, so that a burst costs little.
-- The caller holds the lock of the hand-out. What somebody holds is left for the next time.
CREATE FUNCTION tasker.mark_due(namespace integer) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  now timestamptz := clock_timestamp();
BEGIN
  IF 1000 < (SELECT count(*) FROM (
      SELECT FROM tasker.steps
       WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND due_at <= now AND NOT paused AND NOT is_due LIMIT 1001) d) THEN
    UPDATE tasker.steps SET is_due = true WHERE step_id = ANY (ARRAY(
      SELECT step_id FROM tasker.steps
       WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND due_at <= now AND NOT paused AND NOT is_due
       ORDER BY due_at LIMIT 3000 FOR NO KEY UPDATE SKIP LOCKED));
  END IF;
END
$$;
