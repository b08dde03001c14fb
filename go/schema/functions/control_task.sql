-- control_tasks for one task, which raises what it refuses: TK404 for no such task, TK422 with where it stands and what is
-- possible from there in DETAIL. Gives the task's state.
CREATE FUNCTION tasker.control_task(action text, task_id uuid, actor text, reason text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  answer record;
BEGIN
  SELECT c.state, c.refusal INTO answer FROM tasker.control_tasks(action, ARRAY[task_id], actor, reason) c;
  IF answer.state IS NULL THEN
    RAISE EXCEPTION '%', coalesce(answer.refusal, 'no task: give its id') USING ERRCODE = 'TK404';
  ELSIF answer.refusal IS NOT NULL THEN
    RAISE EXCEPTION '%', answer.refusal USING ERRCODE = 'TK422', DETAIL = jsonb_build_object(
      'state', answer.state, 'allowed', array_remove(tasker.task_actions(answer.state, tasker.key_taken(task_id)), action));
  END IF;
  RETURN answer.state;
END
$$;
