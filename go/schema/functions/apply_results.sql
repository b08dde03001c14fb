-- Writes what the orchestrator decided about results: decisions is
-- [{"msg_id", "step_id", "attempt", "outcome", "failures", "delay_seconds", "error", "reason"}, …], at most one a step;
-- done names every message that is dealt with, accepted or not. What handlers gave is taken from the messages, or from the
-- step, which keeps what tasker.reply sent until it is applied. Then nothing else counts.
-- The caller has locked the tasks. The UPDATE tests state and attempt once more; history, the events that handlers told
-- of and the children's counts come from what it really changed. Gives how many tasks came to rest.
-- Steps that this frees go out along in the namespaces that are named: see enqueue_freed. When that fails, trouble
-- says why, as SQLSTATE and message, and the results stand all the same: the steps are ready, and enqueue tries again.
CREATE FUNCTION tasker.apply_results(decisions jsonb, done bigint[], actor text, quantity integer DEFAULT 0, portion integer DEFAULT 0,
  namespaces integer[] DEFAULT '{}', OUT finished integer, OUT enqueued integer, OUT contended integer, OUT trouble text[])
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  now     timestamptz := clock_timestamp();
  steps   bigint[] := ARRAY(SELECT (d ->> 'step_id')::bigint FROM jsonb_array_elements(decisions) d);
  touched uuid[];
  moving  uuid[];
  freed   bigint[];
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
    RETURNING s.step_id, s.task_id, s.position, s.attempt, d.from_state, s.state AS to_state, d.reason,
              coalesce(d.message #>> '{worker,id}', actor) AS actor, d.message #> '{orchestration_metadata,events}' AS events),
  noted AS (
    INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
    SELECT step_id, from_state, to_state, attempt, now, actor, reason FROM moved ORDER BY step_id),
  told AS (
    INSERT INTO tasker.events (task_id, step_id, attempt, name, payload, at)
    SELECT m.task_id, m.step_id, m.attempt, e.event ->> 'name', coalesce(nullif(e.event -> 'payload', 'null'), '{}'), now
      FROM moved m CROSS JOIN LATERAL jsonb_array_elements(m.events) WITH ORDINALITY AS e (event, n)
     WHERE jsonb_typeof(m.events) = 'array' ORDER BY m.step_id, e.n),
  behind AS (  -- whoever waited for what is done now; tasks are locked, so nobody else changes these steps
    SELECT c.*, f.parents, c.state = 'pending' AND c.unmet_dependencies = f.parents AS ready
      FROM (SELECT m.task_id, place, count(*)::integer AS parents
              FROM moved m
             CROSS JOIN LATERAL (SELECT template_id FROM tasker.tasks WHERE task_id = m.task_id OFFSET 0) t
             CROSS JOIN LATERAL (
               SELECT children FROM tasker.template_steps WHERE template_id = t.template_id AND position = m.position OFFSET 0) g
             CROSS JOIN LATERAL unnest(g.children) AS place
             WHERE m.to_state IN ('complete', 'skipped') GROUP BY m.task_id, place) f
     CROSS JOIN LATERAL (
       SELECT step_id, task_id, state, unmet_dependencies, paused FROM tasker.steps
        WHERE task_id = f.task_id AND position = f.place OFFSET 0) c),
  waiting AS (
    UPDATE tasker.steps s SET unmet_dependencies = s.unmet_dependencies - b.parents
      FROM behind b
     WHERE s.step_id = b.step_id AND s.step_id = ANY (ARRAY(SELECT step_id FROM behind)) AND (b.paused OR NOT b.ready))
  SELECT ARRAY(SELECT DISTINCT task_id FROM moved), ARRAY(SELECT DISTINCT task_id FROM behind WHERE ready),
         ARRAY(SELECT step_id FROM behind WHERE ready AND NOT paused ORDER BY step_id) INTO touched, moving, freed;

  finished := tasker.settle_tasks(ARRAY(SELECT unnest(touched) EXCEPT SELECT unnest(moving)), actor);

  SELECT f.* INTO enqueued, contended, trouble FROM tasker.free_steps(freed, quantity, portion, actor, namespaces) f;
END
$$;
