-- The reply of a handler whose effects are made in this very transaction, and stand or fall with it: result in, message
-- out. False: the attempt is not wanted any more (cancelled, answered, handed out anew) or the message is another
-- worker's by now (read_ct says whose it is) or not the attempt's any more (the sweep sent another one); nothing was
-- changed, and the caller has to roll back. True counts for good once the caller commits: no other result of the attempt
-- counts from then on, whoever controls the step applies this one first, and the sweep does when it got lost on its
-- queue: the step keeps it until it is applied.
-- Only a success is sent this way; a failure is rolled back and then sent like any other. The step is locked before
-- it is judged, and only its message after that: nobody who holds a message waits for a step.
CREATE FUNCTION tasker.reply(namespace text, msg_id bigint, read_ct integer, result jsonb) RETURNS boolean
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  id    bigint;
  owner text;
  sent  bigint;
BEGIN
  IF NOT tasker.names_an_attempt(result) OR result ->> 'status' IS DISTINCT FROM 'success' THEN
    RAISE EXCEPTION 'tasker.reply takes the success of an attempt: see the worker protocol' USING ERRCODE = 'TK400';
  END IF;
  PERFORM tasker.check_result(result);
  SELECT s.step_id, (SELECT n.name FROM tasker.namespaces n WHERE n.namespace_id = s.namespace_id) INTO id, owner FROM tasker.steps s
   WHERE s.step_id = (result ->> 'step_id')::bigint AND s.task_id::text = lower(result ->> 'task_id') AND s.msg_id = reply.msg_id
     AND s.attempt = (result ->> 'attempt')::integer AND s.state IN ('enqueued', 'in_progress') AND s.reply IS NULL
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  ELSIF owner IS DISTINCT FROM namespace THEN -- msg_id is another step's message there
    RAISE EXCEPTION 'step % belongs to the namespace %, not to %: reply where its message was read', id, owner, quote_nullable(left(namespace, 50))
      USING ERRCODE = 'TK400';
  END IF;

  EXECUTE format($sql$
    WITH gone AS (
      DELETE FROM %s q WHERE q.msg_id = $1 AND q.read_ct = $2 RETURNING q.msg_id),
    sent AS (
      INSERT INTO pgmq.q_orchestration_step_results (vt, message) SELECT clock_timestamp(), $3 FROM gone RETURNING msg_id)
    SELECT msg_id FROM sent $sql$, tasker.queue_table(namespace)) INTO sent USING msg_id, read_ct, result;
  IF sent IS NULL THEN
    RETURN false;
  END IF;
  UPDATE tasker.steps s SET reply_id = sent, reply = reply.result WHERE s.step_id = id;
  PERFORM pg_notify('tasker.orchestrator', 'result');
  RETURN true;
END
$$;
