-- What explain_step says of a step that waits to be handed out: for its start or its backoff, for room in the window of its namespace,
-- or for the next tick. How many go before it is counted as far as a thousand.
CREATE FUNCTION tasker.explain_waiting(step tasker.steps) RETURNS TABLE (code text, explanation text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  namespace tasker.namespaces := (SELECT n FROM tasker.namespaces n WHERE n.namespace_id = step.namespace_id);
  now       timestamptz := clock_timestamp();  -- which no index could be asked for
  room      integer;
  before    bigint;
  line      text;
BEGIN
  IF step.due_at > now AND step.attempt = 0 THEN
    code := 'starts_later';
    explanation := format('Starts at %s: so its request asks.', tasker.in_utc(step.due_at));
    RETURN NEXT;
    RETURN;
  ELSIF step.due_at > now THEN
    code := 'backoff';
    explanation := format('Waits until %s to be tried again: attempt %s %s.', tasker.in_utc(step.due_at), step.attempt, (
      SELECT h.reason FROM tasker.step_transitions h
       WHERE h.step_id = step.step_id AND h.to_state = 'waiting_for_retry' ORDER BY h.transition_id DESC LIMIT 1));
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT count(*) INTO before FROM (
    (SELECT FROM tasker.steps s
      WHERE s.namespace_id = step.namespace_id AND s.state = 'pending' AND s.unmet_dependencies = 0 AND NOT s.paused
        AND (s.rank, s.step_id) < (step.rank, step.step_id) LIMIT 1001)
    UNION ALL
    (SELECT FROM tasker.steps s
      WHERE s.namespace_id = step.namespace_id AND s.state = 'waiting_for_retry' AND s.is_due AND NOT s.paused
        AND (s.rank, s.step_id) < (step.rank, step.step_id) LIMIT 1001)
    UNION ALL
    (SELECT FROM tasker.steps s
      WHERE s.namespace_id = step.namespace_id AND s.state = 'waiting_for_retry' AND s.due_at <= now AND NOT s.is_due AND NOT s.paused
        AND (s.rank, s.step_id) < (step.rank, step.step_id) LIMIT 1001)) b;
  room := greatest(tasker.window_room(namespace.namespace_id, namespace.dispatch_window), 0);
  line := 'ready steps before it: ' || CASE WHEN before > 1000 THEN 'more than 1000' ELSE before::text END;
  IF to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(namespace.name))) IS NULL THEN
    code := 'queue_missing';
    explanation := format('Ready, but queue %s is missing. The sweep of a running orchestrator makes it again: `tasker start`.',
      tasker.queue_name(namespace.name));
  ELSIF before >= room THEN
    code := 'window_full';
    explanation := format('Ready, but the window of namespace %s is full: %s of %s steps are out (%s). It goes out as workers '
      'finish those: run more workers, or widen the window (tasker.namespaces.dispatch_window).',
      namespace.name, namespace.dispatch_window - room, namespace.dispatch_window, line);
  ELSE
    code := 'ready';
    explanation := format('Ready: it goes out with the next tick (%s). If it stays so, no orchestrator runs: `tasker start`; or '
      'somebody''s open transaction holds its task (pg_stat_activity).', line);
  END IF;
  RETURN NEXT;
END
$$;
