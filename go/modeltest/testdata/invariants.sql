-- What must be true at every moment, whatever happened: each row is a violation, in words. $1 names the messages that a
-- history lost on purpose, $2 the widest window that each namespace had in it.
WITH messages AS MATERIALIZED (
  SELECT msg_id, (message ->> 'step_id')::bigint AS step_id, (message ->> 'attempt')::integer AS attempt FROM pgmq.q_ma_queue
  UNION ALL
  SELECT msg_id, (message ->> 'step_id')::bigint, (message ->> 'attempt')::integer FROM pgmq.q_mb_queue),
results AS MATERIALIZED (
  SELECT message ->> 'step_id' AS step_id, message ->> 'attempt' AS attempt FROM pgmq.q_orchestration_step_results),
limits AS MATERIALIZED (
  SELECT template_id, n - 1 AS position, step ->> 'name' AS name, step -> 'depends_on' AS parents,
         greatest((step ->> 'max_attempts')::integer, 1) AS max_attempts
    FROM tasker.templates CROSS JOIN LATERAL jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS listed (step, n)),
waits AS MATERIALIZED (
  SELECT c.step_id, count(*) AS open_parents
    FROM tasker.steps c JOIN tasker.tasks t USING (task_id) JOIN limits l USING (template_id, position)
    JOIN tasker.steps p ON p.task_id = c.task_id AND l.parents ? p.name
   WHERE p.state NOT IN ('complete', 'skipped', 'resolved_manually') GROUP BY 1),
steps AS MATERIALIZED (
  SELECT s.*, t.state AS task_state, s.state IN ('enqueued', 'in_progress') AS is_out,
         s.state IN ('complete', 'skipped', 'resolved_manually') AS satisfies, coalesce(w.open_parents, 0) AS open_parents, l.max_attempts
    FROM tasker.steps s JOIN tasker.tasks t USING (task_id) LEFT JOIN limits l USING (template_id, position) LEFT JOIN waits w USING (step_id)),
tasks AS MATERIALIZED (
  SELECT t.task_id, t.state, t.paused,
         coalesce(bool_or(s.is_out OR s.state = 'waiting_for_retry' OR s.state = 'pending' AND s.open_parents = 0), false) AS moving,
         coalesce(bool_and(s.satisfies), true) AS satisfied, coalesce(bool_or(s.state = 'error'), false) AS failed,
         coalesce(bool_or(s.is_out OR s.state IN ('pending', 'waiting_for_retry')), false) AS open,
         coalesce(bool_or(s.attempt > 0), false) AS handed_out, coalesce(bool_or(s.paused <> t.paused), false) AS differs
    FROM tasker.tasks t LEFT JOIN steps s USING (task_id) GROUP BY t.task_id, t.state, t.paused),
moves AS MATERIALIZED (
  SELECT 'step ' || h.step_id AS what, h.from_state, h.to_state, h.actor, s.state,
         lag(h.to_state, 1, CASE h.from_state WHEN 'waiting_for_retry' THEN h.from_state ELSE 'pending' END) OVER w AS before, -- a later start
         lead(h.to_state) OVER w AS next, h.attempt - lag(h.attempt, 1, 0) OVER w AS rise, h.at, s.namespace_id, s.task_id
    FROM tasker.step_transitions h JOIN steps s USING (step_id) WINDOW w AS (PARTITION BY h.step_id ORDER BY h.transition_id)
  UNION ALL
  SELECT 'task ' || h.task_id, h.from_state, h.to_state, h.actor, t.state,
         lag(h.to_state, 1, 'pending') OVER w, lead(h.to_state) OVER w, NULL, h.at, NULL, NULL
    FROM tasker.task_transitions h JOIN tasks t USING (task_id) WINDOW w AS (PARTITION BY h.task_id ORDER BY h.transition_id))
SELECT format('step %s waits for %s parents, but %s do not satisfy it', step_id, unmet_dependencies, open_parents)
  FROM steps WHERE unmet_dependencies <> open_parents
UNION ALL
SELECT format('step %s has %s messages for its attempt %s', s.step_id, count(*), s.attempt)
  FROM steps s JOIN messages m USING (step_id, attempt) WHERE s.is_out GROUP BY s.step_id, s.attempt HAVING count(*) > 1
UNION ALL
SELECT format('step %s is %s with %s effects of transactional handlers', step_id, state, effects)
  FROM (SELECT s.*, (SELECT count(*) FROM public.effects e WHERE e.step_id = s.step_id) AS effects FROM steps s) s
 WHERE effects > CASE WHEN state = 'complete' OR reply IS NOT NULL THEN 1 ELSE 0 END
UNION ALL
SELECT format('step %s is %s and still keeps a reply', step_id, state) FROM steps WHERE reply IS NOT NULL AND NOT is_out
UNION ALL
SELECT format('step %s is %s with neither message nor result', step_id, state) FROM steps s
 WHERE is_out AND reply IS NULL AND msg_id <> ALL ($1::bigint[])
   AND NOT EXISTS (SELECT FROM messages m WHERE m.step_id = s.step_id AND m.attempt = s.attempt AND m.msg_id = s.msg_id)
   AND NOT EXISTS (SELECT FROM results r WHERE r.step_id = s.step_id::text AND r.attempt = s.attempt::text)
UNION ALL
SELECT format('step %s failed %s times of %s and is %s', step_id, failures, max_attempts, state) FROM steps
 WHERE failures > max_attempts OR (state = 'waiting_for_retry' AND failures >= max_attempts)
UNION ALL
SELECT format('task %s is %s: moving %s, satisfied %s, failed %s, open %s', task_id, state, moving, satisfied, failed, open)
  FROM tasks
 WHERE NOT CASE state WHEN 'pending' THEN moving AND NOT handed_out WHEN 'in_progress' THEN moving
                      WHEN 'complete' THEN satisfied WHEN 'error' THEN failed AND NOT moving
                      WHEN 'cancelled' THEN NOT open AND NOT satisfied ELSE NOT open END
UNION ALL
SELECT format('task %s and its steps do not agree on the pause', task_id) FROM tasks WHERE differs
UNION ALL
SELECT format('%s moved from %s, but it was %s', what, from_state, before) FROM moves WHERE from_state <> before
UNION ALL
SELECT format('%s is %s, but its history ends with %s', what, state, to_state) FROM moves WHERE next IS NULL AND to_state <> state
UNION ALL
SELECT format('%s left %s for %s by %s', what, from_state, to_state, actor) FROM moves
 WHERE from_state IN ('complete', 'cancelled', 'skipped', 'resolved_manually') OR from_state = 'error' AND actor <> 'operator'
UNION ALL
SELECT format('%s moved to %s by %s while its attempt rose by %s', what, to_state, actor, rise) FROM moves
 WHERE rise <> CASE WHEN to_state = 'enqueued' AND from_state IN ('pending', 'waiting_for_retry') THEN 1 ELSE 0 END
UNION ALL
SELECT format('%s was handed out by %s at %s, in a pause', m.what, m.actor, m.at) FROM moves m
  JOIN (SELECT namespace_id, task_id, paused, at AS since, lead(at) OVER (PARTITION BY namespace_id, task_id ORDER BY pause_id) AS till
          FROM tasker.pauses) p
    ON p.paused AND m.at > p.since AND (m.at < p.till OR p.till IS NULL)
       AND coalesce(p.namespace_id = m.namespace_id, p.task_id = m.task_id, true)
 WHERE m.to_state = 'enqueued' AND m.from_state IN ('pending', 'waiting_for_retry') AND m.actor LIKE 'orchestrator%'
UNION ALL
SELECT format('namespace %s has %s steps out, its window is %s', namespace_id, count(*), ($2::integer[])[namespace_id])
  FROM steps s
 WHERE is_out AND NOT paused AND NOT EXISTS (SELECT FROM tasker.pauses p WHERE p.task_id IS NOT NULL)
   AND NOT EXISTS (SELECT FROM tasker.step_transitions h WHERE h.step_id = s.step_id AND h.attempt = s.attempt AND h.actor = 'create_tasks')
 GROUP BY namespace_id HAVING count(*) > ($2::integer[])[namespace_id]
