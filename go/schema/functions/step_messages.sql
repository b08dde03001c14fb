-- The messages of the next attempts of these steps, of the current ones where one is out: protocol version 1,
-- everything a handler needs.
CREATE FUNCTION tasker.step_messages(step_ids bigint[])
RETURNS TABLE (step_id bigint, attempt integer, rank float8, message jsonb)
LANGUAGE sql STABLE AS $$
  SELECT s.step_id, next.attempt, s.rank, jsonb_build_object(
      'protocol', 1, 'step_id', s.step_id, 'task_id', t.task_id, 'attempt', next.attempt,
      'namespace', n.name, 'task_name', template.name, 'task_version', template.version,
      'step_name', s.name, 'handler_class', recipe -> 'handler_class', 'step_payload', recipe -> 'config',
      'execution_context', jsonb_build_object(
        'task', jsonb_build_object(
          'task_id', t.task_id, 'namespace', n.name, 'name', template.name, 'version', template.version,
          'context', t.context, 'tags', t.tags, 'priority', t.priority, 'correlation_id', t.correlation_id,
          'initiator', t.initiator, 'source_system', t.source_system, 'reason', t.reason, 'created_at', t.created_at),
        'sequence', coalesce(sequence.entries, '[]'),
        'step', jsonb_build_object(
          'step_id', s.step_id, 'name', s.name, 'attempt', next.attempt, 'failures', s.failures,
          'max_attempts', recipe -> 'max_attempts')),
      'metadata', jsonb_build_object(
        'created_at', clock_timestamp(), 'max_attempts', recipe -> 'max_attempts',
        'timeout_seconds', recipe -> 'timeout_seconds', 'priority', t.priority, 'correlation_id', t.correlation_id))
    FROM tasker.steps s
   CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t
    JOIN tasker.templates template USING (template_id)
    JOIN tasker.namespaces n ON n.namespace_id = s.namespace_id
   CROSS JOIN LATERAL (SELECT template.definition -> 'steps' -> s.position AS recipe) r
   CROSS JOIN LATERAL (
     SELECT CASE WHEN s.state IN ('enqueued', 'in_progress') THEN s.attempt ELSE s.attempt + 1 END AS attempt) next
    LEFT JOIN tasker.step_sequences(step_ids) sequence ON sequence.step_id = s.step_id
   WHERE s.step_id = ANY (step_ids)
$$;
