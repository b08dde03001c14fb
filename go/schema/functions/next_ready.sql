-- The steps of a namespace that would be handed out next, by rank and without those in besides: ready ones, and starts and
-- retries that are due. An urgent one must not wait behind others that were due before it, but no index knows by rank those
-- that have become due: a thousand more than asked for are looked at, and mark_due sees to what is more than that.
-- The cost is what is taken, not what waits.
CREATE FUNCTION tasker.next_ready(namespace integer, quantity integer, besides bigint[] DEFAULT '{}') RETURNS bigint[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  now timestamptz := clock_timestamp();  -- which no index could be asked for
BEGIN
  RETURN ARRAY(
    SELECT step_id FROM (
      (SELECT step_id, rank FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'pending' AND unmet_dependencies = 0 AND NOT paused AND step_id <> ALL (besides)
        ORDER BY rank, step_id LIMIT quantity)
      UNION ALL
      (SELECT step_id, rank FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND is_due AND NOT paused AND step_id <> ALL (besides)
        ORDER BY rank, step_id LIMIT quantity)
      UNION ALL
      (SELECT step_id, rank FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND due_at <= now AND NOT is_due AND NOT paused
          AND step_id <> ALL (besides)
        ORDER BY due_at LIMIT quantity + 1000)) ready
    ORDER BY rank, step_id LIMIT quantity);
END
$$;
