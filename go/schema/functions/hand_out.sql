-- Hands steps of a namespace out: the next attempt, its message and its state, together or not at all. The one place
-- where an attempt begins. The caller has locked the steps' tasks (or made them in this transaction) and chosen steps that
-- are ready, or become so in this moment, their parents being done, or, in the sweep, some that are out but lost their
-- message: these go out again as the same attempt. Messages go onto the queue in order of rank. Gives how many.
CREATE FUNCTION tasker.hand_out(namespace integer, chosen bigint[], actor text) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  now      timestamptz := clock_timestamp();
  name     text := (SELECT n.name FROM tasker.namespaces n WHERE n.namespace_id = namespace);
  steps    bigint[];
  attempts integer[];
  states   text[];
  messages jsonb[];
  sent     bigint[];
  starting uuid[];
BEGIN
  SELECT array_agg(m.step_id ORDER BY m.rank, m.step_id), array_agg(m.attempt ORDER BY m.rank, m.step_id),
         array_agg(m.state ORDER BY m.rank, m.step_id), array_agg(m.message ORDER BY m.rank, m.step_id),
         array_agg(DISTINCT m.task_id) FILTER (WHERE m.task_state = 'pending')
    INTO steps, attempts, states, messages, starting FROM tasker.step_messages(chosen) m;
  IF steps IS NULL THEN
    RETURN 0;
  END IF;
  EXECUTE format($sql$
    WITH sent AS (
      INSERT INTO %s (enqueued_at, vt, message)
      SELECT $2, $2, unnest($1)
      RETURNING msg_id)
    SELECT array_agg(msg_id ORDER BY msg_id) FROM sent $sql$, tasker.queue_table(name))
    INTO sent USING messages, now;

  WITH moved AS (
    UPDATE tasker.steps s
       SET state = 'enqueued', unmet_dependencies = 0, attempt = m.attempt, msg_id = m.msg_id, due_at = NULL, is_due = false,
           enqueued_at = now, started_at = NULL
      FROM unnest(steps, attempts, sent, states) AS m (step_id, attempt, msg_id, state)
     WHERE s.step_id = m.step_id AND s.step_id = ANY (steps)
    RETURNING s.step_id, m.state AS from_state, s.attempt)
  INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
  SELECT step_id, from_state, 'enqueued', attempt, now, actor, CASE
           WHEN from_state = 'in_progress' THEN 'message lost'
           WHEN from_state = 'waiting_for_retry' AND attempt = 1 THEN 'its start is due' END
    FROM moved WHERE from_state <> 'enqueued' ORDER BY step_id;
  PERFORM pg_notify('tasker.steps.' || name, '');

  IF starting IS NOT NULL THEN
    WITH moved AS (
      UPDATE tasker.tasks SET state = 'in_progress', updated_at = now WHERE task_id = ANY (starting) RETURNING task_id)
    INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor)
    SELECT task_id, 'pending', 'in_progress', now, actor FROM moved ORDER BY task_id;
  END IF;
  RETURN cardinality(steps);
END
$$;
