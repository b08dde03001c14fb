-- Applies what tasker.reply has sent for steps of these tasks and no orchestrator has applied yet: its effects are there,
-- so the step is complete, whatever is done with the task next. Control calls it when it holds the locks of tasks and
-- steps, before it judges what may be done.
CREATE FUNCTION tasker.apply_replies(task_ids uuid[], actor text) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  replied bigint[] := ARRAY(
    SELECT s.step_id FROM tasker.steps_of(task_ids) s WHERE s.reply_id IS NOT NULL AND s.state IN ('enqueued', 'in_progress'));
BEGIN
  IF cardinality(replied) > 0 THEN
    PERFORM tasker.complete_replied(replied, actor);
  END IF;
END
$$;
