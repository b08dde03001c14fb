-- What explain_step says of a step at rest: how it got there, by whom and why, and what an operator may do.
CREATE FUNCTION tasker.explain_rest(step tasker.steps) RETURNS TABLE (code text, explanation text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  last    record;
  at      text := tasker.in_utc(step.completed_at);
  actions text[];
  holder  uuid;
BEGIN
  SELECT h.actor, h.reason INTO last FROM tasker.step_transitions h
   WHERE h.step_id = step.step_id AND h.to_state = step.state ORDER BY h.transition_id DESC LIMIT 1;
  IF step.state <> 'error' THEN
    code := step.state;
    explanation := format('%s at %s by %s%s.', CASE step.state
      WHEN 'complete' THEN format('Complete: attempt %s was done', step.attempt)
      WHEN 'cancelled' THEN 'Cancelled' WHEN 'skipped' THEN 'Skipped' ELSE 'Resolved by hand' END,
      at, coalesce(last.actor, 'somebody'), ' (' || last.reason || ')');
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT ARRAY(SELECT a FROM unnest(tasker.step_actions(step.state, r.skippable, h.holder IS NOT NULL)) a WHERE a <> 'cancel'), h.holder
    INTO actions, holder
    FROM tasker.tasks t
    LEFT JOIN tasker.key_holders(ARRAY[step.task_id]) h ON h.task_id = t.task_id
    JOIN tasker.template_steps r ON r.template_id = t.template_id AND r.position = step.position
   WHERE t.task_id = step.task_id AND cardinality(tasker.task_actions(t.state)) > 0;
  code := CASE last.reason WHEN 'worker_lost' THEN 'worker_lost' ELSE 'failed' END;
  explanation := format('In error since %s: attempt %s%s.', at, step.attempt,
      CASE WHEN last.reason IS NULL OR code = 'worker_lost'
           THEN concat(': ', step.error ->> 'error_type', ': ' || (step.error ->> 'message')) ELSE ' ' || last.reason END)
    || coalesce(' To try it again or end it by hand: ' || (
         SELECT string_agg(format('SELECT tasker.%s_step(%L, %L, %s''you'')', a, step.task_id, step.name,
                                  CASE a WHEN 'resolve' THEN '''{"its": "results"}'', ' END), '; ' ORDER BY n)
           FROM unnest(actions) WITH ORDINALITY AS u (a, n)), '')
    || coalesce(' Nothing reopens its task: task ' || holder || ' holds its idempotency key by now.', '');
  RETURN NEXT;
END
$$;
