-- Writes what the orchestrator decided about results: decisions is
-- [{"msg_id", "step_id", "attempt", "outcome", "failures", "delay_seconds", "error", "reason"}, …], at most one a step;
-- done names every message that is dealt with, accepted or not. What handlers gave is taken from the messages, or from the
-- step, which keeps what tasker.reply sent until it is applied. Then nothing else counts.
-- The caller has locked the tasks. The UPDATE tests state and attempt once more; history, the events that handlers told
-- of and the children's counts come from what it really changed. Gives how many tasks came to rest.
CREATE FUNCTION tasker.apply_results(decisions jsonb, done bigint[], actor text) RETURNS integer
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  now     timestamptz := clock_timestamp();
  steps   bigint[] := ARRAY(SELECT (d ->> 'step_id')::bigint FROM jsonb_array_elements(decisions) d);
  touched uuid[];
BEGIN
  WITH decided AS (
    SELECT d.*, was.state AS from_state, coalesce(was.reply, q.message) AS message
      FROM jsonb_to_recordset(decisions) AS d (msg_id bigint, step_id bigint, attempt integer, outcome text,
             failures integer, delay_seconds float8, error jsonb, reason text)
     CROSS JOIN LATERAL (SELECT state, reply FROM tasker.steps WHERE step_id = d.step_id OFFSET 0) was
      LEFT JOIN LATERAL (  -- a message that could not be read lies in the dead letters already
        SELECT message FROM pgmq.q_orchestration_step_results WHERE msg_id = d.msg_id OFFSET 0) q ON true),
  taken AS (
    DELETE FROM pgmq.q_orchestration_step_results WHERE msg_id = ANY (done)),
  moved AS (
    UPDATE tasker.steps s
       SET state = d.outcome, failures = d.failures, reply = NULL,
           results = CASE WHEN d.outcome IN ('complete', 'skipped') THEN d.message -> 'results' END,
           error = CASE WHEN d.outcome IN ('waiting_for_retry', 'error') THEN d.error END,
           due_at = CASE WHEN d.outcome = 'waiting_for_retry' THEN now + make_interval(secs => d.delay_seconds) END,
           completed_at = CASE WHEN d.outcome <> 'waiting_for_retry' THEN now END
      FROM decided d
     WHERE s.step_id = d.step_id AND s.step_id = ANY (steps) AND s.attempt = d.attempt AND s.state IN ('enqueued', 'in_progress')
       AND (s.reply IS NULL OR s.reply_id = d.msg_id)
    RETURNING s.step_id, s.task_id, s.attempt, d.from_state, s.state AS to_state, d.reason,
              coalesce(d.message #>> '{worker,id}', actor) AS actor, d.message #> '{orchestration_metadata,events}' AS events),
  noted AS (
    INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
    SELECT step_id, from_state, to_state, attempt, now, actor, reason FROM moved ORDER BY step_id),
  told AS (
    INSERT INTO tasker.events (task_id, step_id, attempt, name, payload, at)
    SELECT m.task_id, m.step_id, m.attempt, e.event ->> 'name', coalesce(nullif(e.event -> 'payload', 'null'), '{}'), now
      FROM moved m CROSS JOIN LATERAL jsonb_array_elements(m.events) WITH ORDINALITY AS e (event, n)
     WHERE jsonb_typeof(m.events) = 'array' ORDER BY m.step_id, e.n),
  freed AS (
    UPDATE tasker.steps child SET unmet_dependencies = child.unmet_dependencies - f.parents
      FROM (SELECT e.child_step_id, count(*)::integer AS parents
              FROM moved m
             CROSS JOIN LATERAL (
               SELECT child_step_id FROM tasker.edges WHERE parent_step_id = m.step_id OFFSET 0) e
             WHERE m.to_state IN ('complete', 'skipped') GROUP BY e.child_step_id) f
     WHERE child.step_id = f.child_step_id)
  SELECT array_agg(DISTINCT m.task_id) INTO touched FROM moved m;

  UPDATE tasker.tasks t SET updated_at = now WHERE t.task_id = ANY (touched);
  RETURN tasker.settle_tasks(touched, actor);
END
$$;
