-- An operator's hand on single steps: cancel (with the open steps behind them), retry, skip (what its template calls
-- skippable), resolve (with the results that the steps behind them shall see). One row for each id that was asked for:
-- how the step stands now, and why it was refused, null when it was done. Needs no orchestrator and joins the caller's
-- transaction. Messages are left alone: stale ones die by the fence. What is cancelled in a task in error frees nothing,
-- so the task stays as it is; everything else moves it on, and the verdict then says where to.
CREATE FUNCTION tasker.control_steps(action text, step_ids bigint[], actor text, reason text DEFAULT NULL, results jsonb DEFAULT NULL)
RETURNS TABLE (step_id bigint, task_id uuid, state text, refusal text)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  every    text[] := '{pending,enqueued,in_progress,waiting_for_retry,complete,error,cancelled,skipped,resolved_manually}';
  target   text := CASE action WHEN 'cancel' THEN 'cancelled' WHEN 'retry' THEN 'pending' WHEN 'skip' THEN 'skipped' ELSE 'resolved_manually' END;
  tasks    uuid[] := ARRAY(
    SELECT DISTINCT s.task_id FROM unnest(step_ids) AS a (id) CROSS JOIN LATERAL (SELECT task_id FROM tasker.steps WHERE step_id = a.id OFFSET 0) s);
  now      timestamptz;
  asked    bigint[];
  refusals text[];
  granted  bigint[];
  touched  uuid[];
BEGIN
  PERFORM tasker.check_control(action, '{cancel,retry,skip,resolve}', actor, reason);
  PERFORM tasker.check_results(action, results);
  IF action <> 'cancel' THEN
    PERFORM tasker.lock_keys_of(tasks);
  END IF;
  PERFORM tasker.lock_tasks(tasks);
  PERFORM tasker.lock_steps_of(tasks, every);
  PERFORM tasker.apply_replies(tasks, actor);
  now := clock_timestamp();

  WITH judged AS MATERIALIZED (
    SELECT a.id, t.task_id, t.idempotency_key, tasker.step_refusal(action, a.id, s.state, t.state, recipe.skippable,
             t.state = 'error' AND tasker.key_taken(t.task_id)) AS refusal
      FROM (SELECT DISTINCT id FROM unnest(step_ids) AS u (id) WHERE id IS NOT NULL) a
      LEFT JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = a.id OFFSET 0) s ON true
      LEFT JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t ON true
      LEFT JOIN LATERAL (
        SELECT skippable FROM tasker.template_steps WHERE template_id = t.template_id AND position = s.position OFFSET 0) recipe ON true),
  answered AS (
    SELECT j.id, j.task_id, coalesce(j.refusal, CASE WHEN h.holder IS NOT NULL THEN
             format('cannot %s a step of this task: task %s holds its idempotency key %L by now', action, h.holder, j.idempotency_key)
             END) AS refusal
      FROM judged j
      LEFT JOIN tasker.key_holders(CASE WHEN action <> 'cancel' THEN
        ARRAY(SELECT DISTINCT j.task_id FROM judged j WHERE j.refusal IS NULL) END) h ON h.task_id = j.task_id)
  SELECT array_agg(a.id), array_agg(a.refusal), coalesce(array_agg(a.id) FILTER (WHERE a.refusal IS NULL), '{}'),
         coalesce(array_agg(DISTINCT a.task_id) FILTER (WHERE a.refusal IS NULL), '{}')
    INTO asked, refusals, granted, touched FROM answered a;

  IF action = 'cancel' THEN
    PERFORM tasker.move_steps(tasker.with_open_descendants(granted), target, NULL, now, actor, reason);
    UPDATE tasker.tasks t SET updated_at = now WHERE t.task_id = ANY (touched);
  ELSE
    PERFORM tasker.move_steps(granted, target, results, now, actor, reason);
    PERFORM tasker.reopen_tasks(touched, now, actor, reason);
  END IF;
  PERFORM tasker.settle_tasks(touched, actor);

  IF cardinality(touched) > 0 THEN
    PERFORM pg_notify('tasker.orchestrator', '');
  END IF;
  RETURN QUERY
    SELECT a.id, s.task_id, s.state, a.refusal FROM unnest(asked, refusals) AS a (id, refusal)
      LEFT JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = a.id OFFSET 0) s ON true ORDER BY a.id;
END
$$;
