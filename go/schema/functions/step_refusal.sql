-- Why an operator cannot do this with a step, or null. Once a task is at rest for good, so are its steps.
CREATE FUNCTION tasker.step_refusal(action text, step_id bigint, state text, task_state text, skippable boolean, key_taken boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  allowed text[] := tasker.step_actions(state, skippable, key_taken);
BEGIN
  RETURN CASE
    WHEN state IS NULL THEN format('no step %s', step_id)
    WHEN cardinality(tasker.task_actions(task_state)) = 0
      THEN tasker.refusal(action, 'a step of a task that is ' || task_state, '{}')
    WHEN action = ANY (tasker.step_actions(state, skippable)) THEN NULL  -- whoever takes the key says so by name
    WHEN action = 'skip' AND cardinality(tasker.step_actions(state, skippable)) > 0
      THEN tasker.refusal(action, 'a step that its template does not call skippable', allowed)
    ELSE tasker.refusal(action, 'a step that is ' || state, allowed) END;
END
$$;
