-- The steps of a namespace that are out and have a result of their current attempt on the results queue. The queue is read
-- once for all of them.
CREATE FUNCTION tasker.answered_steps(namespace integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ARRAY(
    SELECT s.step_id FROM tasker.steps s
      JOIN (SELECT r.message -> 'step_id' AS step_id, r.message -> 'attempt' AS attempt
              FROM pgmq.q_orchestration_step_results r OFFSET 0) r
        ON r.step_id = to_jsonb(s.step_id) AND r.attempt = to_jsonb(s.attempt)
     WHERE s.namespace_id = answered_steps.namespace AND s.state IN ('enqueued', 'in_progress') AND NOT s.paused);
EXCEPTION WHEN undefined_table THEN  -- that queue is missing, too: stale_work says so
  RETURN '{}';
END
$$;
