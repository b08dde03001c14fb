-- The second look of the sweep, one lease after the first: a step that still has no living message for the same attempt
-- gets another one; one that tasker.reply has answered is complete, though its result got lost. Tasks are locked first
-- and the test comes in a later statement. What was looked at is forgotten, whether it had recovered or not; what somebody
-- holds comes after the others next time. While a namespace is paused its suspects are forgotten too: after the pause the
-- first look comes first again. Gives how many messages were sent.
CREATE FUNCTION tasker.resend_suspects(namespace text, lease_seconds integer, quantity integer, actor text)
RETURNS integer
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  id     integer := (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = namespace);
  due    bigint[];
  locked uuid[];
  looked bigint[];
  chosen bigint[];
BEGIN
  due := ARRAY(
    SELECT x.step_id FROM tasker.suspects x
     WHERE x.namespace_id = id AND x.since <= clock_timestamp() - make_interval(secs => lease_seconds)
     ORDER BY x.since LIMIT quantity);
  IF cardinality(due) = 0 OR NOT pg_try_advisory_xact_lock(hashtextextended('tasker hand-out', id)) THEN
    RETURN 0;
  END IF;
  IF tasker.is_paused(id) THEN  -- tested under the lock that a pause takes
    DELETE FROM tasker.suspects WHERE step_id = ANY (due);
    RETURN 0;
  END IF;
  SELECT array_agg(l.task_id) INTO locked FROM (
    SELECT t.task_id FROM tasker.tasks t
     WHERE t.task_id IN (SELECT s.task_id FROM tasker.steps s WHERE s.step_id = ANY (due))
     ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED) l;
  looked := ARRAY(SELECT s.step_id FROM tasker.steps s WHERE s.step_id = ANY (due) AND s.task_id = ANY (locked));
  chosen := ARRAY(
    SELECT x.step_id FROM tasker.suspects x JOIN tasker.steps s USING (step_id, attempt, msg_id)
     WHERE x.step_id = ANY (ARRAY(SELECT tasker.steps_without_message(namespace, looked, quantity))));
  DELETE FROM tasker.suspects WHERE step_id = ANY (looked);
  UPDATE tasker.suspects SET since = since + interval '1 second' WHERE step_id IN (
    SELECT x.step_id FROM tasker.suspects x WHERE x.step_id = ANY (due) FOR UPDATE SKIP LOCKED);
  PERFORM tasker.complete_replied(chosen, actor);
  RETURN tasker.hand_out(id, ARRAY(
    SELECT s.step_id FROM tasker.steps s WHERE s.step_id = ANY (chosen) AND s.state IN ('enqueued', 'in_progress')), actor);
END
$$;
