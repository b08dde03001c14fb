-- Sets or takes away the flag of tasks and of all their steps, the finished ones too: what a retry brings back is
-- paused as well. Pausing what is paused changes nothing and is not written down. The caller has locked the tasks.
CREATE FUNCTION tasker.pause_tasks(task_ids uuid[], pausing boolean, at timestamptz, actor text, reason text) RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  turned uuid[] := ARRAY(SELECT t.task_id FROM tasker.tasks t WHERE t.task_id = ANY (task_ids) AND t.paused <> pausing);
  steps  bigint[] := ARRAY(SELECT s.step_id FROM tasker.steps_of(turned) s);
BEGIN
  PERFORM FROM tasker.steps s WHERE s.step_id = ANY (steps) ORDER BY s.step_id FOR NO KEY UPDATE;
  UPDATE tasker.steps s SET paused = pausing WHERE s.step_id = ANY (steps);
  UPDATE tasker.tasks t SET paused = pausing, updated_at = pause_tasks.at WHERE t.task_id = ANY (turned);
  INSERT INTO tasker.pauses (task_id, paused, at, actor, reason)
  SELECT id, pausing, pause_tasks.at, pause_tasks.actor, pause_tasks.reason FROM unnest(turned) AS t (id) ORDER BY id;
END
$$;
