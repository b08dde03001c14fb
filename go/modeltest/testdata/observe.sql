-- Everything a model speaks of, in one row.
SELECT json_build_object(
  'paused', (SELECT json_build_array(i.paused, a.paused, b.paused)
               FROM tasker.installation i, tasker.namespaces a, tasker.namespaces b WHERE a.name = 'ma' AND b.name = 'mb'),
  'tasks', (SELECT coalesce(json_agg(json_build_array(t.task_id, correlation_id, t.state, t.paused) ORDER BY t.created_at, first), '[]')
              FROM tasker.tasks t LEFT JOIN (SELECT task_id, min(step_id) AS first FROM tasker.steps GROUP BY 1) s USING (task_id)),
  'steps', (SELECT coalesce(json_agg(json_build_array(step_id, task_id, name, state, attempt, failures, losses,
                     unmet_dependencies, paused, coalesce(msg_id, 0), started_at IS NOT NULL,
                     coalesce(extract(epoch FROM due_at - clock_timestamp()), 0), reply IS NOT NULL,
                     coalesce(effects, 0), coalesce(checkpoint, ''), coalesce(events, ''))), '[]')
              FROM tasker.steps
              LEFT JOIN (SELECT step_id, count(*) AS effects FROM public.effects GROUP BY 1) e USING (step_id)
              LEFT JOIN (SELECT step_id, c.attempt || ' ' || c.value AS checkpoint FROM tasker.checkpoints c) c USING (step_id)
              LEFT JOIN (SELECT task_id, step_id, string_agg(format('%s %s %s; ', e.attempt, e.name, e.payload ->> 'n'), '' ORDER BY e.event_id) AS events
                           FROM tasker.events e GROUP BY 1, 2) v USING (task_id, step_id)),
  'queues', (SELECT json_agg((
      SELECT coalesce(json_agg(json_build_array(msg_id, step_id, attempt, read_ct, wait) ORDER BY msg_id), '[]') FROM (
        SELECT 1 AS queue, msg_id, (message ->> 'step_id')::bigint AS step_id, (message ->> 'attempt')::integer AS attempt, read_ct,
               extract(epoch FROM vt - clock_timestamp()) AS wait FROM pgmq.q_ma_queue
        UNION ALL
        SELECT 2, msg_id, (message ->> 'step_id')::bigint, (message ->> 'attempt')::integer, read_ct,
               extract(epoch FROM vt - clock_timestamp()) FROM pgmq.q_mb_queue) m
       WHERE m.queue = q.number) ORDER BY q.number) FROM (VALUES (1), (2)) q (number)),
  'results', (SELECT count(*) FROM pgmq.q_orchestration_step_results),
  'requests', (SELECT count(*) FROM pgmq.q_orchestration_task_requests),
  'dead', (SELECT count(*) FROM tasker.dead_letters),
  'suspects', (SELECT coalesce(json_agg(json_build_array(step_id, msg_id, attempt, extract(epoch FROM clock_timestamp() - since))), '[]')
                 FROM tasker.suspects))
