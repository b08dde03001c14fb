-- An operator's hand on whole tasks: cancel, retry (all failed steps), resolve, pause, resume. One row for each id that
-- was asked for: how the task stands now, and why it was refused, null when it was done. Needs no orchestrator and joins
-- the caller's transaction. Messages are left alone: stale ones die by the fence.
-- Cancelled and resolved are the operator's word, not the verdict over the steps: a branch that has failed before does
-- not turn a task that is called off into an error.
CREATE FUNCTION tasker.control_tasks(action text, task_ids uuid[], actor text, reason text DEFAULT NULL)
RETURNS TABLE (task_id uuid, state text, refusal text)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  open     text[] := '{pending,enqueued,in_progress,waiting_for_retry}';
  moving   text[] := CASE action WHEN 'retry' THEN '{error}' WHEN 'cancel' THEN open WHEN 'resolve' THEN open END;
  now      timestamptz;
  asked    uuid[];
  refusals text[];
  granted  uuid[];
  steps    bigint[];
BEGIN
  PERFORM tasker.check_control(action, '{cancel,retry,resolve,pause,resume}', actor, reason);
  IF action = 'retry' THEN
    PERFORM tasker.lock_keys_of(task_ids);
  END IF;
  PERFORM tasker.lock_tasks(task_ids);
  IF moving IS NOT NULL THEN
    PERFORM tasker.lock_steps_of(task_ids, moving);
    PERFORM tasker.apply_replies(task_ids, actor);
  END IF;
  now := clock_timestamp();

  SELECT array_agg(j.id), array_agg(j.refusal), coalesce(array_agg(j.id) FILTER (WHERE j.refusal IS NULL), '{}')
    INTO asked, refusals, granted
    FROM (
      SELECT a.id, CASE
          WHEN t.task_id IS NULL THEN format('no task %s: use the id that create_task gave', a.id)
          WHEN action <> ALL (tasker.task_actions(t.state))
            THEN tasker.refusal(action, 'a task that is ' || t.state, tasker.task_actions(t.state, tasker.key_taken(a.id)))
          WHEN action = 'retry' AND f.task_id IS NULL
            THEN format('cannot retry a task that is %s: none of its steps is in error', t.state)
          WHEN h.holder IS NOT NULL
            THEN format('cannot retry the task: task %s holds its idempotency key %L by now', h.holder, t.idempotency_key)
          END AS refusal
        FROM (SELECT DISTINCT id FROM unnest(task_ids) AS u (id) WHERE id IS NOT NULL) a
        LEFT JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = a.id OFFSET 0) t ON true
        LEFT JOIN (SELECT DISTINCT s.task_id FROM tasker.steps_of(CASE WHEN action = 'retry' THEN task_ids END) s
                    WHERE s.state = 'error') f ON f.task_id = a.id
        LEFT JOIN tasker.key_holders(CASE WHEN action = 'retry' THEN task_ids END) h ON h.task_id = a.id) j;

  steps := ARRAY(SELECT s.step_id FROM tasker.steps_of(granted) s WHERE s.state = ANY (moving));
  IF action IN ('cancel', 'resolve') THEN
    PERFORM tasker.move_steps(steps, 'cancelled', NULL, now, actor, reason);
    PERFORM tasker.move_tasks(granted, CASE action WHEN 'cancel' THEN 'cancelled' ELSE 'resolved_manually' END, now, actor, reason);
  ELSIF action = 'retry' THEN
    PERFORM tasker.move_steps(steps, 'pending', NULL, now, actor, reason);
    PERFORM tasker.reopen_tasks(granted, now, actor, reason);
  ELSE
    PERFORM tasker.pause_tasks(granted, action = 'pause', now, actor, reason);
  END IF;

  IF cardinality(granted) > 0 THEN
    PERFORM pg_notify('tasker.orchestrator', '');
  END IF;
  RETURN QUERY
    SELECT a.id, t.state, a.refusal FROM unnest(asked, refusals) AS a (id, refusal)
      LEFT JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = a.id OFFSET 0) t ON true ORDER BY a.id;
END
$$;
