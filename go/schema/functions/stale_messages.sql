-- Requests and results that have lain on the orchestrators' queues for longer than patience: the 100 oldest of each. A
-- queue that is missing is told, too.
CREATE FUNCTION tasker.stale_messages(patience interval)
RETURNS TABLE (kind text, task_id uuid, step_id bigint, name text, since timestamptz, explanation text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  queue record;
BEGIN
  FOR queue IN
    SELECT * FROM (VALUES ('orchestration_task_requests', 'request_waiting', 'request'),
                          ('orchestration_step_results', 'result_waiting', 'result')) AS q (name, kind, word)
  LOOP
    IF to_regclass('pgmq.q_' || queue.name) IS NULL THEN
      RETURN QUERY SELECT 'queue_missing', NULL::uuid, NULL::bigint, queue.name, NULL::timestamptz,
        'Without it no orchestrator can work. The sweep makes it again, and so does `tasker migrate`.';
    ELSE
      RETURN QUERY EXECUTE format($sql$
        SELECT $1, s.task_id, s.step_id, coalesce(s.name, 'message ' || q.msg_id), q.enqueued_at,
               format('A %%s lies on %%s as message %%s (read_ct %%s); no orchestrator is done with it. Run one (`tasker '
                      'start`); if one runs, somebody''s open transaction holds the task (pg_stat_activity).', $2, $3, q.msg_id, q.read_ct)
          FROM (SELECT * FROM pgmq.%I ORDER BY msg_id LIMIT 100) q
          LEFT JOIN tasker.steps s ON s.step_id = CASE WHEN $1 = 'result_waiting' AND tasker.names_an_attempt(q.message)
                                                       THEN (q.message ->> 'step_id')::bigint END
         WHERE q.enqueued_at < clock_timestamp() - $4 $sql$, 'q_' || queue.name)
        USING queue.kind, queue.word, queue.name, patience;
    END IF;
  END LOOP;
END
$$;
