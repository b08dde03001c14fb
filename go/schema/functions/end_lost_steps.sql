-- Steps of a namespace of which too many workers died become errors with reason worker_lost, and their messages go to
-- the dead letters. A worker that announces its starts is judged by the losses that start_steps counted; one that never
-- announced this attempt, by how often its message was read, once nobody holds it. Elapsed time plays no part. Tasks,
-- steps and messages are locked in this order and nothing is waited for: a worker that replies this moment holds its
-- message and lives. A step without a message is left to the suspects. Gives how many.
CREATE FUNCTION tasker.end_lost_steps(namespace text, quantity integer, actor text) RETURNS integer
LANGUAGE plpgsql SET jit = off SET enable_seqscan = off AS $$
DECLARE
  queue_table text := tasker.queue_table(namespace);
  budget      integer := (SELECT n.crash_budget FROM tasker.namespaces n WHERE n.name = namespace);
  lost_sql    text := format($sql$
    SELECT s.step_id, s.msg_id, greatest(s.losses, q.read_ct - 1) AS workers FROM tasker.steps s
      JOIN %s q ON q.msg_id = s.msg_id AND q.enqueued_at <= s.enqueued_at
     WHERE s.namespace_id = (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = $1)
       AND s.state IN ('enqueued', 'in_progress') AND NOT s.paused AND s.reply IS NULL
       AND (s.losses >= $2
            OR s.state = 'enqueued' AND s.started_at IS NULL AND q.read_ct > $2 AND q.vt <= clock_timestamp())
       AND NOT EXISTS (SELECT FROM pgmq.q_orchestration_step_results r
                        WHERE r.message -> 'step_id' = to_jsonb(s.step_id) AND r.message -> 'attempt' = to_jsonb(s.attempt))
    $sql$, queue_table);
  candidates  bigint[];
  tasks       uuid[];
  messages    bigint[];
  ended       record;
BEGIN
  EXECUTE format($sql$
    SELECT array_agg(l.step_id) FROM (
      SELECT s.step_id FROM tasker.steps s
       WHERE s.namespace_id = (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = $1)
         AND s.state IN ('enqueued', 'in_progress') AND NOT s.paused
         AND (s.losses >= $2 OR s.state = 'enqueued' AND s.started_at IS NULL AND s.msg_id = ANY (ARRAY(
           SELECT q.msg_id FROM %s q WHERE q.read_ct > $2 AND q.vt <= clock_timestamp())))
       LIMIT $3) l $sql$, queue_table) INTO candidates USING namespace, budget, quantity;
  IF candidates IS NULL THEN
    RETURN 0;
  END IF;
  SELECT array_agg(l.task_id) INTO tasks FROM (
    SELECT t.task_id FROM tasker.tasks t
     WHERE t.task_id IN (SELECT s.task_id FROM tasker.steps s WHERE s.step_id = ANY (candidates))
     ORDER BY t.task_id FOR NO KEY UPDATE SKIP LOCKED) l;
  candidates := ARRAY(
    SELECT s.step_id FROM tasker.steps s WHERE s.step_id = ANY (candidates) AND s.task_id = ANY (tasks)
     ORDER BY s.step_id FOR NO KEY UPDATE SKIP LOCKED);
  EXECUTE format($sql$
    SELECT array_agg(l.msg_id) FROM (
      SELECT q.msg_id FROM %s q
       WHERE q.msg_id IN (SELECT s.msg_id FROM tasker.steps s WHERE s.step_id = ANY ($1))
       ORDER BY q.msg_id FOR UPDATE SKIP LOCKED) l $sql$, queue_table) INTO messages USING candidates;

  EXECUTE format($sql$
    WITH lost AS (%s AND s.step_id = ANY ($3) AND q.msg_id = ANY ($4)),
    ended AS (
      UPDATE tasker.steps s
         SET state = 'error', completed_at = clock_timestamp(), error = jsonb_build_object('error_type', 'WorkerLost',
             'message', format('%%s of its workers were lost; namespace %%s allows a step %%s', l.workers, $1, $2))
        FROM lost l JOIN tasker.steps was USING (step_id) WHERE s.step_id = l.step_id
      RETURNING s.step_id, s.task_id, s.attempt, s.msg_id, s.completed_at, was.state AS from_state),
    noted AS (
      INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
      SELECT step_id, from_state, 'error', attempt, completed_at, $5, 'worker_lost' FROM ended ORDER BY step_id)
    SELECT array_agg(DISTINCT task_id) AS tasks, array_agg(msg_id) AS messages, count(*)::integer AS steps FROM ended
    $sql$, lost_sql) INTO ended USING namespace, budget, candidates, messages, actor;

  PERFORM tasker.dead_letter(tasker.queue_name(namespace), ended.messages, 'worker_lost: too many of its workers died');
  UPDATE tasker.tasks t SET updated_at = clock_timestamp() WHERE t.task_id = ANY (ended.tasks);
  PERFORM tasker.settle_tasks(ended.tasks, actor);
  RETURN ended.steps;
END
$$;
