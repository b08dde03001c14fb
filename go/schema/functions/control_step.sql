-- control_steps for one step, found by its name, which raises what it refuses: TK404 for no such task or step, TK422 with
-- where it stands and what is possible from there in DETAIL. Gives the step's state.
CREATE FUNCTION tasker.control_step(action text, task_id uuid, step_name text, actor text, reason text, results jsonb DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  id      bigint := (SELECT s.step_id FROM tasker.steps s WHERE s.task_id = control_step.task_id AND s.name = step_name);
  answer  record;
  allowed text[];
BEGIN
  IF id IS NULL AND NOT EXISTS (SELECT FROM tasker.tasks t WHERE t.task_id = control_step.task_id) THEN
    RAISE EXCEPTION 'no task %: use the id that create_task gave', coalesce(task_id::text, 'null') USING ERRCODE = 'TK404';
  ELSIF id IS NULL THEN
    RAISE EXCEPTION 'task % has no step %: its steps are %', task_id, coalesce(quote_literal(left(step_name, 255)), 'null'), coalesce(left((
      SELECT string_agg(s.name, ', ' ORDER BY s.position) FROM tasker.steps s WHERE s.task_id = control_step.task_id), 1000), 'none')
      USING ERRCODE = 'TK404';
  END IF;

  SELECT c.state, c.refusal INTO answer FROM tasker.control_steps(action, ARRAY[id], actor, reason, results) c;
  IF answer.refusal IS NOT NULL THEN
    SELECT CASE WHEN tasker.task_actions(t.state) = '{}' THEN '{}' ELSE tasker.step_actions(answer.state,
             r.skippable, tasker.key_taken(t.task_id)) END
      INTO allowed
      FROM tasker.steps s JOIN tasker.tasks t USING (task_id) JOIN tasker.template_steps r USING (template_id, position) WHERE s.step_id = id;
    RAISE EXCEPTION '%', answer.refusal USING ERRCODE = 'TK422', DETAIL = jsonb_build_object(
      'state', answer.state, 'allowed', array_remove(allowed, action));
  END IF;
  RETURN answer.state;
END
$$;
