-- The steps of a namespace that would be handed out next: ready ones by rank, and retries that are due, together by
-- rank. Each half stops at the quantity asked for, so the cost is what is taken, not what waits.
CREATE FUNCTION tasker.next_ready(namespace integer, quantity integer) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN ARRAY(
    SELECT step_id FROM (
      (SELECT step_id, rank FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'pending' AND unmet_dependencies = 0 AND NOT paused
        ORDER BY rank, step_id LIMIT quantity)
      UNION ALL
      (SELECT step_id, rank FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND due_at <= clock_timestamp() AND NOT paused
        ORDER BY due_at LIMIT quantity)) ready
    ORDER BY rank, step_id LIMIT quantity);
END
$$;
