-- The messages of the next attempts of these steps, of the current ones where one is out: protocol version 1,
-- everything a handler needs, and how step and task stand. Rows within rows become JSON in one go, at half of what objects built within objects cost.
CREATE FUNCTION tasker.step_messages(step_ids bigint[])
RETURNS TABLE (step_id bigint, task_id uuid, attempt integer, rank float8, state text, task_state text, message jsonb)
LANGUAGE sql STABLE AS $$
  SELECT m.step_id, m.task_id, m.attempt, r.rank, r.state, t.state, to_jsonb(m)
    FROM tasker.steps r
   CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = r.task_id OFFSET 0) t
    JOIN tasker.templates template USING (template_id)
    JOIN tasker.namespaces n ON n.namespace_id = r.namespace_id
   CROSS JOIN LATERAL (
     SELECT recipe, cardinality(parents) AS parents, ancestors FROM tasker.template_steps
      WHERE template_id = t.template_id AND position = r.position OFFSET 0) g
   CROSS JOIN LATERAL (
     SELECT CASE WHEN r.state IN ('enqueued', 'in_progress') THEN r.attempt ELSE r.attempt + 1 END AS attempt) next
   CROSS JOIN LATERAL tasker.step_sequence(t.task_id, g.parents, g.ancestors) before
   CROSS JOIN LATERAL (
     SELECT t.task_id, n.name AS namespace, template.name, template.version, t.context, t.tags, t.priority, t.correlation_id,
            t.initiator, t.source_system, t.reason, t.created_at) task
   CROSS JOIN LATERAL (
     SELECT r.step_id, r.name, next.attempt, r.failures, recipe -> 'max_attempts' AS max_attempts) step
   CROSS JOIN LATERAL (SELECT task, before.entries AS sequence, step) execution_context
   CROSS JOIN LATERAL (
     SELECT clock_timestamp() AS created_at, recipe -> 'max_attempts' AS max_attempts, recipe -> 'timeout_seconds' AS timeout_seconds,
            t.priority, t.correlation_id) metadata
   CROSS JOIN LATERAL (
     SELECT 1 AS protocol, r.step_id, t.task_id, next.attempt, n.name AS namespace, template.name AS task_name,
            template.version AS task_version, r.name AS step_name, recipe -> 'handler_class' AS handler_class,
            recipe -> 'config' AS step_payload, execution_context, metadata) m
   WHERE r.step_id = ANY (step_ids)
$$;
