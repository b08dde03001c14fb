-- Reads messages of a namespace and announces their start, in one round trip: pgmq.read, then start_steps. A message
-- that names no step and attempt is answered 'invalid'; the worker moves it to the dead letters. While the namespace is
-- paused there is nothing to read.
CREATE FUNCTION tasker.read_steps(namespace text, lease_seconds integer, quantity integer, worker text)
RETURNS TABLE (msg_id bigint, read_ct integer, answer text, message jsonb)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  id       integer;
  msg_ids  bigint[];
  read_cts integer[];
  messages jsonb[];
  step_ids bigint[];
  attempts integer[];
  starts   jsonb;
  answers  text[];
BEGIN
  SELECT n.namespace_id INTO id FROM tasker.namespaces n WHERE n.name = namespace;
  IF NOT FOUND THEN -- pgmq would take other capitals for the same queue
    RAISE EXCEPTION 'namespace % is not registered yet: register one of its templates', quote_ident(left(namespace, 50))
      USING ERRCODE = 'TK404';
  ELSIF tasker.is_paused(id) THEN
    RETURN;
  END IF;
  SELECT array_agg(r.msg_id ORDER BY r.msg_id), array_agg(r.read_ct ORDER BY r.msg_id), array_agg(r.message ORDER BY r.msg_id),
         array_agg(named.step_id ORDER BY r.msg_id), array_agg(named.attempt ORDER BY r.msg_id)
    INTO msg_ids, read_cts, messages, step_ids, attempts
    FROM pgmq.read(tasker.queue_name(namespace), lease_seconds, quantity) r
    LEFT JOIN LATERAL (
      SELECT (r.message ->> 'step_id')::bigint AS step_id, (r.message ->> 'attempt')::integer AS attempt
       WHERE tasker.names_an_attempt(r.message) OFFSET 0) named ON true;
  IF msg_ids IS NULL THEN
    RETURN;
  END IF;

  SELECT coalesce(jsonb_agg(to_jsonb(m)), '[]') INTO starts FROM unnest(step_ids, attempts) AS m (step_id, attempt) WHERE m.step_id IS NOT NULL;
  answers := ARRAY(
    SELECT coalesce(s.answer, 'invalid')
      FROM unnest(msg_ids, step_ids, attempts) AS m (msg_id, step_id, attempt)
      LEFT JOIN tasker.start_steps(starts, worker) s USING (step_id, attempt) ORDER BY m.msg_id);
  IF 'busy' = ANY (answers) THEN  -- no worker died, nobody announced: this delivery must not count against the step
    EXECUTE format($sql$
      UPDATE %s q SET read_ct = q.read_ct - 1 FROM unnest($1, $2) AS m (msg_id, answer)
       WHERE q.msg_id = m.msg_id AND m.answer = 'busy' $sql$, tasker.queue_table(namespace)) USING msg_ids, answers;
  END IF;
  RETURN QUERY SELECT * FROM unnest(msg_ids, read_cts, answers, messages);
END
$$;
