-- Gives dead letters another chance, after somebody mended what was wrong. One that names an attempt on which its step
-- stands in error (too many workers died of it, or its result was refused) makes that step tried again; any other
-- request or result goes onto its queue once more, as it was. What was done leaves the dead letters; what was not stays,
-- and the outcome says why. One row for each id. An operator's call: it waits for locks, tasks in order of their ids.
CREATE FUNCTION tasker.replay_dead_letters(dead_letter_ids bigint[], actor text, reason text DEFAULT NULL)
RETURNS TABLE (dead_letter_id bigint, outcome text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  failed   bigint[];  -- steps in error of which a letter speaks
  refusals jsonb;     -- why such a step cannot be tried again
  letter   record;
BEGIN
  PERFORM tasker.check_control('replay', '{replay}', actor, reason);
  PERFORM FROM tasker.dead_letters d WHERE d.dead_letter_id = ANY (dead_letter_ids) ORDER BY d.dead_letter_id FOR UPDATE;
  failed := ARRAY(
    SELECT s.step_id FROM tasker.dead_letters d
      JOIN tasker.steps s ON CASE WHEN tasker.names_an_attempt(d.message)
        THEN s.step_id = (d.message ->> 'step_id')::bigint AND s.attempt = (d.message ->> 'attempt')::integer END
     WHERE d.dead_letter_id = ANY (dead_letter_ids) AND s.state = 'error');
  SELECT coalesce(jsonb_object_agg(c.step_id, c.refusal), '{}') INTO refusals
    FROM tasker.control_steps('retry', failed, actor, reason) c;

  FOR letter IN
    SELECT a.id, d.queue_name, d.message, s.step_id, s.state, s.attempt = (d.message ->> 'attempt')::integer AS is_current
      FROM (SELECT DISTINCT id FROM unnest(dead_letter_ids) AS u (id)) a
      LEFT JOIN tasker.dead_letters d ON d.dead_letter_id = a.id
      LEFT JOIN tasker.steps s ON CASE WHEN tasker.names_an_attempt(d.message) THEN s.step_id = (d.message ->> 'step_id')::bigint END
     ORDER BY a.id
  LOOP
    dead_letter_id := letter.id;
    outcome := CASE
      WHEN letter.queue_name IS NULL THEN format('no dead letter %s', letter.id)
      WHEN letter.step_id = ANY (failed) AND letter.is_current
        THEN coalesce('left: ' || (refusals ->> letter.step_id::text), format('step %s is tried again', letter.step_id))
      WHEN letter.queue_name IN ('orchestration_task_requests', 'orchestration_step_results') THEN 'sent again'
      WHEN letter.step_id IS NULL THEN 'left: it names no step that is there'
      WHEN NOT letter.is_current THEN format('left: that attempt of step %s is over', letter.step_id)
      WHEN letter.state IN ('enqueued', 'in_progress') THEN format('left: the sweep sends step %s again', letter.step_id)
      ELSE format('left: step %s is %s', letter.step_id, letter.state) END;
    IF outcome = 'sent again' THEN
      PERFORM pgmq.send(letter.queue_name, letter.message), pg_notify('tasker.orchestrator', '');
    END IF;
    IF outcome = 'sent again' OR outcome LIKE 'step %' THEN
      DELETE FROM tasker.dead_letters d WHERE d.dead_letter_id = letter.id;
    END IF;
    RETURN NEXT;
  END LOOP;
END
$$;
