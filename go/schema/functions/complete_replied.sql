-- Completes those of these steps for which tasker.reply has sent a result that nobody has applied yet: its effects are
-- there, whatever became of the message. Its message is taken off its queue, if it is there. The caller has locked tasks and
-- steps. Gives how many.
CREATE FUNCTION tasker.complete_replied(step_ids bigint[], actor text) RETURNS integer
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  decisions jsonb;
  sent      bigint[];
BEGIN
  SELECT jsonb_agg(jsonb_build_object('msg_id', s.reply_id, 'step_id', s.step_id, 'attempt', s.attempt, 'outcome', 'complete',
                                      'failures', s.failures)), array_agg(s.reply_id)
    INTO decisions, sent
    FROM tasker.steps s
   WHERE s.step_id = ANY (step_ids) AND s.reply IS NOT NULL AND s.state IN ('enqueued', 'in_progress');
  IF decisions IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM tasker.apply_results(decisions, ARRAY( -- on a queue that was made anew, others' messages may have these numbers
    SELECT q.msg_id FROM pgmq.q_orchestration_step_results q JOIN tasker.steps s ON s.reply_id = q.msg_id
     WHERE q.msg_id = ANY (sent) AND s.step_id = ANY (step_ids) AND q.message = s.reply), actor);
  RETURN cardinality(sent);
END
$$;
