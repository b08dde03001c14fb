-- Replies to messages of a namespace: replies is [{"msg_id": 1, "result": {StepResult}}, …]. Each result goes onto the
-- results queue and its message off the step queue, together. A message that is gone was not this worker's any more:
-- its result is not sent. Gives the msg_ids replied to.
CREATE FUNCTION tasker.reply_steps(namespace text, replies jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  IF EXISTS (SELECT FROM jsonb_array_elements(replies) r WHERE jsonb_typeof(r -> 'result') IS DISTINCT FROM 'object') THEN
    RAISE EXCEPTION 'a reply needs a result, which is an object: see the worker protocol' USING ERRCODE = 'TK400';
  END IF;
  RETURN QUERY EXECUTE format($sql$
    WITH replies AS (SELECT * FROM jsonb_to_recordset($1) AS r (msg_id bigint, result jsonb)),
    locked AS (
      SELECT q.msg_id FROM %1$s q JOIN replies USING (msg_id) ORDER BY q.msg_id FOR UPDATE OF q),
    gone AS (
      DELETE FROM %1$s q USING locked WHERE q.msg_id = locked.msg_id RETURNING q.msg_id),
    sent AS (
      INSERT INTO pgmq.q_orchestration_step_results (vt, message)
      SELECT clock_timestamp(), result FROM replies JOIN gone USING (msg_id) ORDER BY msg_id)
    SELECT msg_id FROM gone $sql$, tasker.queue_table(namespace)) USING replies;
  IF FOUND THEN
    PERFORM pg_notify('tasker.orchestrator', '');
  END IF;
END
$$;
