-- Hands steps out: the next attempt, its message and its state, together or not at all. The one place where an
-- attempt begins. The caller has locked the steps' tasks (or made them in this transaction) and chosen steps that
-- are ready, or become so in this moment, their parents being done, or, in the sweep, some that are out but lost their message: these go out again as the same attempt.
-- Messages go onto their namespace's queue in order of rank.
CREATE FUNCTION tasker.hand_out(chosen bigint[], actor text) RETURNS integer
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  namespace record;
  steps     bigint[];
  attempts  integer[];
  messages  jsonb[];
  sent      bigint[];
  now       timestamptz := clock_timestamp();
BEGIN
  FOR namespace IN
    SELECT n.name, array_agg(s.step_id) AS step_ids
      FROM tasker.steps s JOIN tasker.namespaces n USING (namespace_id)
     WHERE s.step_id = ANY (chosen) GROUP BY n.name ORDER BY n.name
  LOOP
    SELECT array_agg(m.step_id ORDER BY m.rank, m.step_id), array_agg(m.attempt ORDER BY m.rank, m.step_id),
           array_agg(m.message ORDER BY m.rank, m.step_id)
      INTO steps, attempts, messages FROM tasker.step_messages(namespace.step_ids) m;
    EXECUTE format($sql$
      WITH sent AS (
        INSERT INTO %s (enqueued_at, vt, message)
        SELECT $2, $2, m.message FROM unnest($1) WITH ORDINALITY AS m (message, n) ORDER BY m.n
        RETURNING msg_id)
      SELECT array_agg(msg_id ORDER BY msg_id) FROM sent $sql$, tasker.queue_table(namespace.name))
      INTO sent USING messages, now;

    WITH moved AS (
      UPDATE tasker.steps s
         SET state = 'enqueued', unmet_dependencies = 0, attempt = m.attempt, msg_id = m.msg_id, due_at = NULL, is_due = false,
             enqueued_at = now, started_at = NULL
        FROM unnest(steps, attempts, sent) AS m (step_id, attempt, msg_id)
       CROSS JOIN LATERAL (SELECT state FROM tasker.steps WHERE step_id = m.step_id OFFSET 0) was
       WHERE s.step_id = m.step_id AND s.step_id = ANY (steps)
      RETURNING s.step_id, was.state AS from_state, s.attempt)
    INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
    SELECT step_id, from_state, 'enqueued', attempt, now, actor, CASE
             WHEN from_state = 'in_progress' THEN 'message lost'
             WHEN from_state = 'waiting_for_retry' AND attempt = 1 THEN 'its start is due' END
      FROM moved WHERE from_state <> 'enqueued' ORDER BY step_id;
    PERFORM pg_notify('tasker.steps.' || namespace.name, '');
  END LOOP;

  WITH moved AS (
    UPDATE tasker.tasks SET state = 'in_progress', updated_at = now
     WHERE state = 'pending' AND task_id = ANY (ARRAY(SELECT task_id FROM tasker.steps WHERE step_id = ANY (chosen)))
    RETURNING task_id)
  INSERT INTO tasker.task_transitions (task_id, from_state, to_state, at, actor)
  SELECT task_id, 'pending', 'in_progress', now, actor FROM moved ORDER BY task_id;
  RETURN coalesce(cardinality(chosen), 0);
END
$$;
