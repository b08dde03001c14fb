-- What explain_step says of a step: the one of its parts that the step's state asks for. One that waits for its parents
-- says so even if it is paused; one that is in progress runs on, paused or not.
CREATE FUNCTION tasker.explain_standing(step tasker.steps) RETURNS TABLE (code text, explanation text)
LANGUAGE plpgsql STABLE ROWS 1 COST 10000 SET jit = off AS $$
#variable_conflict use_column
BEGIN
  IF step.completed_at IS NOT NULL THEN
    RETURN QUERY SELECT * FROM tasker.explain_rest(step);
    RETURN;
  ELSIF step.state = 'pending' AND step.unmet_dependencies > 0 THEN
    RETURN QUERY SELECT * FROM tasker.explain_parents(step);
    RETURN;
  ELSIF step.state <> 'in_progress' THEN
    RETURN QUERY SELECT p.code, p.explanation FROM tasker.explain_pauses(step.namespace_id, step.task_id) p LIMIT 1;
    IF FOUND THEN
      RETURN;
    END IF;
  END IF;
  IF step.state IN ('enqueued', 'in_progress') THEN
    RETURN QUERY SELECT * FROM tasker.explain_handed_out(step);
  ELSE
    RETURN QUERY SELECT * FROM tasker.explain_waiting(step);
  END IF;
END
$$;
