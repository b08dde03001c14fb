-- Whether a result of a step's current attempt waits for an orchestrator.
CREATE FUNCTION tasker.has_result(step tasker.steps) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM pgmq.q_orchestration_step_results r
     WHERE r.message -> 'step_id' = to_jsonb(step.step_id) AND r.message -> 'attempt' = to_jsonb(step.attempt));
EXCEPTION WHEN undefined_table THEN  -- that queue is missing, too: stale_work says so
  RETURN false;
END
$$;
