-- The rows of new tasks: the tasks, their steps and the edges between them. fresh names the requests that become
-- tasks, ids and templates are looked up by a request's ordinal. A task without steps is complete at once.
CREATE FUNCTION tasker.insert_tasks(requests jsonb, fresh integer[], ids uuid[], templates integer[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := clock_timestamp();
BEGIN
  INSERT INTO tasker.tasks (task_id, template_id, namespace_id, state, priority, context, tags, initiator,
    source_system, reason, correlation_id, request_id, idempotency_key, created_at, updated_at)
  SELECT ids[p.ordinal], t.template_id, t.namespace_id,
         'pending', p.priority, coalesce(p.request -> 'context', '{}'),
         ARRAY(SELECT jsonb_array_elements_text(coalesce(p.request -> 'tags', '[]'))), p.request ->> 'initiator',
         p.request ->> 'source_system', p.request ->> 'reason',
         coalesce(p.request ->> 'correlation_id', ids[p.ordinal]::text), p.request_id, p.idempotency_key,
         now, now
    FROM tasker.parse_requests(requests) p
    JOIN tasker.templates t ON t.template_id = templates[p.ordinal]
   WHERE p.ordinal = ANY (fresh)
   ORDER BY p.ordinal
  ON CONFLICT DO NOTHING;  -- nobody can be ahead of us; for a REPEATABLE READ caller this says 40001, not 23505

  INSERT INTO tasker.steps (task_id, namespace_id, position, name, unmet_dependencies, rank)
  SELECT t.task_id, t.namespace_id, s.position - 1, s.step ->> 'name', jsonb_array_length(s.step -> 'depends_on'),
         tasker.dispatch_rank(t.priority, t.created_at)
    FROM unnest(fresh) WITH ORDINALITY AS f (request, n)
    JOIN tasker.tasks t ON t.task_id = ids[f.request]
    JOIN tasker.templates USING (template_id)
   CROSS JOIN LATERAL jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS s (step, position)
   ORDER BY f.n, s.position;

  INSERT INTO tasker.edges (parent_step_id, child_step_id)  -- a task at a time by OFFSET 0: see steps_of
  SELECT parent.step_id, child.step_id
    FROM unnest(fresh) n
    JOIN tasker.templates t ON t.template_id = templates[n]
   CROSS JOIN LATERAL (
     SELECT s.step_id, s.position FROM tasker.steps s
      WHERE s.task_id = ids[n] AND s.unmet_dependencies > 0 OFFSET 0) child
   CROSS JOIN LATERAL jsonb_array_elements_text(t.definition -> 'steps' -> child.position -> 'depends_on') AS d (name)
   CROSS JOIN LATERAL (
     SELECT s.step_id FROM tasker.steps s WHERE s.task_id = ids[n] AND s.name = d.name OFFSET 0) parent;

  PERFORM tasker.settle_tasks(ARRAY(
    SELECT ids[n] FROM unnest(fresh) n JOIN tasker.templates t ON t.template_id = templates[n]
     WHERE t.definition -> 'steps' = '[]'), 'create_tasks');
END
$$;
