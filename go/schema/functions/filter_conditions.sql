-- What the keys of a filter for tasks ask of a task, or of one of its steps, as conditions in SQL. All that is asked of
-- a step must fit one and the same. The open states also say that the task is not completed, and a namespace is also
-- a step's: that is what the indexes know.
CREATE FUNCTION tasker.filter_conditions(filter jsonb) RETURNS TABLE (of_step boolean, condition text)
LANGUAGE sql STABLE AS $$
  SELECT f.key IN ('step_name', 'step_state', 'error_type'), CASE f.key
    WHEN 'task_ids' THEN format('t.task_id = ANY (%L::uuid[])', given.texts)
    WHEN 'namespace' THEN format('t.namespace_id = (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = %L)', given.text)
    WHEN 'name' THEN format('t.template_id IN (SELECT p.template_id FROM tasker.templates p WHERE p.name = %L)', given.text)
    WHEN 'version' THEN format('t.template_id IN (SELECT p.template_id FROM tasker.templates p WHERE p.version = %L)', given.text)
    WHEN 'state' THEN format('t.state = ANY (%L::text[])', given.texts)
                      || CASE WHEN given.texts <@ '{pending,in_progress}' THEN ' AND t.completed_at IS NULL' ELSE '' END
    WHEN 'paused' THEN CASE given.text WHEN 'true' THEN 't.paused' ELSE 'NOT t.paused' END
    WHEN 'tags' THEN format('t.tags @> %L::text[]', given.texts)
    WHEN 'priority_min' THEN format('t.priority >= %s', given.text)
    WHEN 'priority_max' THEN format('t.priority <= %s', given.text)
    WHEN 'correlation_id' THEN format('t.correlation_id = %L', given.text)
    WHEN 'initiator' THEN format('t.initiator = %L', given.text)
    WHEN 'idempotency_key' THEN format('t.idempotency_key = %L', given.text)
    WHEN 'created_after' THEN format('t.created_at > %L::timestamptz', given.text)
    WHEN 'created_before' THEN format('t.created_at < %L::timestamptz', given.text)
    WHEN 'step_name' THEN format('s.name = %L', given.text)
    WHEN 'step_state' THEN
      CASE WHEN given.texts = '{error}' THEN 's.state = ''error''' ELSE format('s.state = ANY (%L::text[])', given.texts) END
    WHEN 'error_type' THEN format('s.error ->> ''error_type'' = %L', given.text)
    END
    FROM jsonb_each(filter) f
   CROSS JOIN LATERAL (
     SELECT f.value #>> '{}' AS text,
            ARRAY(SELECT jsonb_array_elements_text(
              CASE jsonb_typeof(f.value) WHEN 'array' THEN f.value ELSE jsonb_build_array(f.value) END)) AS texts) given
  UNION ALL
  SELECT true, format('s.namespace_id = (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = %L)', filter ->> 'namespace')
   WHERE filter ? 'namespace' AND filter ?| '{step_name,step_state,error_type}'
$$;
