-- Everything a model speaks of, in one row. $1 names the namespaces, in order.
SELECT json_build_object(
  'tasks', (SELECT coalesce(json_agg(json_build_array(task_id, correlation_id, state, paused)), '[]') FROM tasker.tasks),
  'steps', (SELECT coalesce(json_agg(json_build_array(step_id, task_id, name, state, attempt, failures, losses,
                     unmet_dependencies, paused, msg_id)), '[]') FROM tasker.steps),
  'queues', (SELECT json_agg((
      SELECT coalesce(json_agg(json_build_array(msg_id, step_id, attempt, read_ct, visible) ORDER BY msg_id), '[]') FROM (
        SELECT 1 AS queue, msg_id, (message ->> 'step_id')::bigint AS step_id, (message ->> 'attempt')::integer AS attempt, read_ct,
               vt <= clock_timestamp() AS visible FROM pgmq.q_ma_queue
        UNION ALL
        SELECT 2, msg_id, (message ->> 'step_id')::bigint, (message ->> 'attempt')::integer, read_ct, vt <= clock_timestamp()
          FROM pgmq.q_mb_queue) m
       WHERE m.queue = q.number) ORDER BY q.number) FROM (VALUES (1), (2)) q (number)),
  'results', (SELECT count(*) FROM pgmq.q_orchestration_step_results),
  'requests', (SELECT count(*) FROM pgmq.q_orchestration_task_requests),
  'dead', (SELECT count(*) FROM tasker.dead_letters),
  'suspects', (SELECT coalesce(json_agg(step_id), '[]') FROM tasker.suspects))
