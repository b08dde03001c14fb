-- What explain_step says of a step that is handed out: where its message is, and who works on it.
CREATE FUNCTION tasker.explain_handed_out(step tasker.steps) RETURNS TABLE (code text, explanation text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  namespace tasker.namespaces := (SELECT n FROM tasker.namespaces n WHERE n.namespace_id = step.namespace_id);
  queue     text := tasker.queue_name(namespace.name);
  attempt   text := format('Attempt %s', step.attempt);
  losses    text := CASE WHEN step.losses > 0 THEN format(' Workers lost at it: %s of %s.',
                                                          step.losses, namespace.crash_budget) ELSE '' END;
  worker    text := (SELECT coalesce(max(h.actor) FILTER (WHERE h.at = step.started_at), 'a worker that took over from ' || max(h.actor))
                       FROM tasker.step_transitions h WHERE h.transition_id = (
                         SELECT max(l.transition_id) FROM tasker.step_transitions l
                          WHERE l.step_id = step.step_id AND l.to_state = 'in_progress'));
  message   record;
BEGIN
  IF to_regclass(format('pgmq.%I', 'q_' || queue)) IS NULL THEN
    code := 'queue_missing';
    explanation := format('%s is handed out, but queue %s is missing. The sweep of a running orchestrator makes it again and sends '
      'the message again: `tasker start`.', attempt, queue);
    RETURN NEXT;
    RETURN;
  END IF;
  EXECUTE format($sql$
    SELECT q.read_ct, q.vt, q.vt <= clock_timestamp() AS visible,
           (SELECT count(*) FROM (SELECT FROM %1$s b WHERE b.msg_id < q.msg_id AND b.vt <= clock_timestamp() LIMIT 1001) b) AS before
      FROM %1$s q WHERE q.msg_id = $1 AND q.enqueued_at <= $2 $sql$, tasker.queue_table(namespace.name))
    INTO message USING step.msg_id, step.enqueued_at;

  IF message IS NULL AND tasker.has_result(step) THEN
    code := 'result_waits';
    explanation := format('%s was answered; the result waits for an orchestrator: `tasker start`. If one runs, somebody''s open '
      'transaction holds the task (pg_stat_activity).', attempt);
  ELSIF message IS NULL THEN
    code := 'message_lost';
    explanation := format('The message of attempt %s is gone from %s and no answer waits: the queue was purged, a backup restored, '
      'or the answer refused (tasker.dead_letters). The sweep of a running orchestrator (`tasker start`) sends it again%s.', step.attempt, queue, (
      SELECT '; it suspects so since ' || tasker.in_utc(x.since) FROM tasker.suspects x
       WHERE x.step_id = step.step_id AND x.attempt = step.attempt AND x.msg_id = step.msg_id));
  ELSIF step.state = 'in_progress' AND message.visible THEN
    code := 'lease_over';
    explanation := format('%s was started at %s by %s, whose lease ended at %s without an answer: that worker is gone, or hangs. '
      'The next worker that reads %s runs it again: see that one runs (`tasker worker`).%s',
      attempt, tasker.in_utc(step.started_at), worker, tasker.in_utc(message.vt), queue, losses);
  ELSIF step.state = 'in_progress' THEN
    code := 'in_progress';
    explanation := format('%s is in progress since %s with %s; its lease runs until %s.%s',
      attempt, tasker.in_utc(step.started_at), worker, tasker.in_utc(message.vt), losses);
  ELSIF message.visible THEN
    code := 'waits_for_worker';
    explanation := format('%s was handed out at %s and waits for a worker%s (messages before it on %s: %s). If it stays so, no '
      'worker reads that namespace, or all are busy: `tasker worker --namespaces %s`.%s', attempt, tasker.in_utc(step.enqueued_at),
      CASE WHEN message.read_ct > 0 THEN format(', with read_ct %s', message.read_ct) END,
      queue, CASE WHEN message.before > 1000 THEN 'more than 1000' ELSE message.before::text END, namespace.name, losses);
  ELSE
    code := 'held';
    explanation := format('%s was handed out at %s. Its message (read_ct %s) is held until %s: by a worker that does not announce '
      'what it starts, or it was given back for later.%s', attempt, tasker.in_utc(step.enqueued_at), message.read_ct,
      tasker.in_utc(message.vt), losses);
  END IF;
  RETURN NEXT;
END
$$;
