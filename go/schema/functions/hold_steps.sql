-- Holds tasks and steps for whoever is about to decide about them, until the transaction ends: tasks first, then steps, in
-- order of their ids, and never waiting. What it gives of the steps is read in a later statement than the locks, so it is what
-- the locks hold. Held is false where somebody else has the task or the step; now is the time after the locks.
CREATE FUNCTION tasker.hold_steps(task_ids uuid[], step_ids bigint[])
RETURNS TABLE (step_id bigint, task_id uuid, held boolean, namespace_id integer, state text, attempt integer, failures integer,
  reply_id bigint, max_attempts integer, retryable boolean, skippable boolean, backoff jsonb, now timestamptz)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  tasks uuid[];
  steps bigint[];
BEGIN
  tasks := ARRAY(SELECT t.task_id FROM tasker.tasks t WHERE t.task_id = ANY (task_ids)
    ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED);
  steps := ARRAY(SELECT s.step_id FROM tasker.steps s WHERE s.step_id = ANY (step_ids)
    ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED);
  RETURN QUERY
    SELECT s.step_id, s.task_id, s.task_id = ANY (tasks) AND s.step_id = ANY (steps), s.namespace_id, s.state, s.attempt, s.failures,
           CASE WHEN s.reply IS NOT NULL THEN s.reply_id END, r.max_attempts, r.retryable, r.skippable, r.recipe -> 'backoff',
           clock_timestamp()
      FROM (SELECT DISTINCT id FROM unnest(step_ids) AS a (id)) a
     CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = a.id OFFSET 0) s
     CROSS JOIN LATERAL (SELECT template_id FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t
     CROSS JOIN LATERAL (
       SELECT * FROM tasker.template_steps WHERE template_id = t.template_id AND position = s.position OFFSET 0) r;
END
$$;
