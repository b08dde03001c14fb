-- Replies to messages of a namespace: replies is [{"msg_id": 1, "result": {StepResult}}, …]. Each result goes onto the
-- results queue and its message off the step queue, together. A message that is gone was not this worker's any more:
-- its result is not sent. Gives the msg_ids replied to. Messages are locked in order of their ids: the settings leave no
-- other way to them than along the index.
CREATE FUNCTION tasker.reply_steps(namespace text, replies jsonb) RETURNS SETOF bigint
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  ids  bigint[] := ARRAY(SELECT (r ->> 'msg_id')::bigint FROM jsonb_array_elements(replies) r);
  gone bigint[];
BEGIN
  IF EXISTS (SELECT FROM jsonb_array_elements(replies) r WHERE jsonb_typeof(r -> 'result') IS DISTINCT FROM 'object') THEN
    RAISE EXCEPTION 'a reply needs a result, which is an object: see the worker protocol' USING ERRCODE = 'TK400';
  END IF;
  EXECUTE format($sql$
    WITH gone AS (DELETE FROM %s WHERE msg_id = ANY ($1) RETURNING msg_id) SELECT array_agg(msg_id) FROM gone $sql$,
    tasker.queue_table(namespace)) INTO gone USING ids;
  INSERT INTO pgmq.q_orchestration_step_results (vt, message)
  SELECT clock_timestamp(), r.result FROM jsonb_to_recordset(replies) AS r (msg_id bigint, result jsonb)
   WHERE r.msg_id = ANY (gone) ORDER BY r.msg_id;
  IF FOUND THEN
    PERFORM pg_notify('tasker.orchestrator', 'result');
  END IF;
  RETURN QUERY SELECT unnest(gone);
END
$$;
