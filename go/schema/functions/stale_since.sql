-- What has waited for longer than patience, and what has been paused for longer than forgotten: see the view stale_work,
-- which asks with the usual times. Reads what is open, never what is finished. Tells of the 100 that wait longest, of each
-- kind in each namespace and on each orchestrators' queue. Changes and locks nothing, and nothing is ever ended because of it.
CREATE FUNCTION tasker.stale_since(patience interval, forgotten interval)
RETURNS TABLE (kind text, namespace text, task_id uuid, step_id bigint, name text, since timestamptz, age interval,
  explanation text)
LANGUAGE plpgsql STABLE SET jit = off AS $$
#variable_conflict use_column
DECLARE
  now      timestamptz := clock_timestamp();
  space    record;
BEGIN
  RETURN QUERY
    SELECT p.kind, n.name, p.task_id, NULL::bigint, p.name, e.since, now - e.since, e.explanation
      FROM (SELECT 'everything_paused' AS kind, NULL::integer AS namespace_id, NULL::uuid AS task_id, NULL AS name
              FROM tasker.installation i WHERE i.paused
            UNION ALL
            SELECT 'namespace_paused', n.namespace_id, NULL, n.name FROM tasker.namespaces n WHERE n.paused
            UNION ALL
            SELECT 'task_paused', t.namespace_id, t.task_id, template.name
              FROM tasker.tasks t JOIN tasker.templates template USING (template_id)
             WHERE t.completed_at IS NULL AND t.paused) p
      LEFT JOIN tasker.namespaces n ON n.namespace_id = p.namespace_id
     CROSS JOIN LATERAL tasker.explain_pauses(p.namespace_id, p.task_id) e
     WHERE e.code = p.kind AND e.since < now - forgotten;

  RETURN QUERY
    SELECT 'task_stuck', n.name, t.task_id, NULL::bigint, template.name, moved.at, now - moved.at,
           'Open, but no step of it can move: report this. SELECT * FROM tasker.explain_task(' || quote_literal(t.task_id) || ')'
      FROM tasker.tasks t JOIN tasker.namespaces n USING (namespace_id) JOIN tasker.templates template USING (template_id)
     CROSS JOIN LATERAL (
       SELECT count(*) AS moving FROM (
         SELECT FROM tasker.steps s
          WHERE s.task_id = t.task_id AND (s.state IN ('enqueued', 'in_progress', 'waiting_for_retry')
                                           OR (s.state = 'pending' AND s.unmet_dependencies = 0)) LIMIT 1) m OFFSET 0) s
     CROSS JOIN LATERAL (
       SELECT greatest(t.updated_at, max(greatest(s.enqueued_at, s.started_at, s.completed_at))) AS at
         FROM tasker.steps s WHERE s.task_id = t.task_id OFFSET 0) moved
     WHERE t.completed_at IS NULL AND t.updated_at < now - patience AND s.moving = 0 AND moved.at < now - patience;

  FOR space IN SELECT n.namespace_id, n.name, tasker.is_paused(n.namespace_id) AS paused FROM tasker.namespaces n ORDER BY n.name LOOP
    IF to_regclass(format('pgmq.%I', 'q_' || tasker.queue_name(space.name))) IS NULL THEN
      RETURN QUERY SELECT 'queue_missing', space.name, NULL::uuid, NULL::bigint, tasker.queue_name(space.name), NULL::timestamptz, NULL::interval,
        'No step of this namespace can go out. The sweep of a running orchestrator makes the queue again: `tasker start`.';
    ELSIF NOT space.paused THEN
      RETURN QUERY
        SELECT w.kind, space.name, s.task_id, s.step_id, s.name, w.since, now - w.since, e.explanation
          FROM (SELECT l.*, row_number() OVER (PARTITION BY l.kind ORDER BY l.since) AS n
                  FROM tasker.stale_steps(space.namespace_id, patience) l WHERE l.since < now - patience) w
         CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = w.step_id OFFSET 0) s
         CROSS JOIN LATERAL tasker.explain_standing(s) e
         WHERE w.n <= 100;
    END IF;
  END LOOP;

  RETURN QUERY SELECT m.kind, NULL::text, m.task_id, m.step_id, m.name, m.since, now - m.since, m.explanation
                 FROM tasker.stale_messages(patience) m;
END
$$;
