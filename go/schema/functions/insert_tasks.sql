-- The rows of new tasks: the tasks and their steps. fresh names the requests that become
-- tasks; everything else is looked up by a request's ordinal. Steps that the request skips are skipped from the start
-- and open nothing that a child would wait for. A task that has nothing to do is complete at once. A task that is to start
-- later waits with the steps that could run now as if for a retry, before their first attempt, and ages from its start on.
CREATE FUNCTION tasker.insert_tasks(requests jsonb, fresh integer[], ids uuid[], templates integer[], keys text[], scopes text[])
RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  now      timestamptz := clock_timestamp();
  skips    boolean := requests @? '$[*].skip[*]';
  delays   boolean := requests @? '$[*].start_at';
  inserted integer;
BEGIN
  INSERT INTO tasker.tasks (task_id, template_id, namespace_id, state, priority, context, tags, initiator,
    source_system, reason, correlation_id, request_id, idempotency_key, key_scope, created_at, updated_at)
  SELECT ids[n], t.template_id, t.namespace_id,
         'pending', coalesce((r.request ->> 'priority')::integer, 0), coalesce(r.request -> 'context', '{}'),
         ARRAY(SELECT jsonb_array_elements_text(coalesce(r.request -> 'tags', '[]'))), r.request ->> 'initiator',
         r.request ->> 'source_system', r.request ->> 'reason',
         coalesce(r.request ->> 'correlation_id', ids[n]::text), (r.request ->> 'request_id')::uuid, keys[n], scopes[n],
         now, now
    FROM unnest(fresh) n
    JOIN tasker.templates t ON t.template_id = templates[n]
   CROSS JOIN LATERAL (SELECT requests -> n - 1 AS request OFFSET 0) r
   ORDER BY n
  ON CONFLICT DO NOTHING;  -- nobody can be ahead of us; for a REPEATABLE READ caller this says 40001, not 23505
  GET DIAGNOSTICS inserted = ROW_COUNT;
  IF inserted < cardinality(fresh) THEN
    RAISE EXCEPTION 'a key was taken while it was looked up: try again' USING ERRCODE = 'serialization_failure';
  END IF;

  INSERT INTO tasker.steps (task_id, namespace_id, position, name, state, unmet_dependencies, rank, due_at, completed_at)
  SELECT t.task_id, t.namespace_id, s.position, s.name,
         CASE WHEN u.skipped THEN 'skipped' WHEN r.start_at > now AND u.unmet = 0 THEN 'waiting_for_retry' ELSE 'pending' END,
         u.unmet, tasker.dispatch_rank(t.priority, greatest(t.created_at, r.start_at)),
         CASE WHEN r.start_at > now AND u.unmet = 0 AND NOT u.skipped THEN r.start_at END, CASE WHEN u.skipped THEN now END
    FROM unnest(fresh) WITH ORDINALITY AS f (request, n)
   CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = ids[f.request] OFFSET 0) t
   CROSS JOIN LATERAL (
     SELECT CASE WHEN skips THEN requests -> f.request - 1 -> 'skip' END AS skip,
            CASE WHEN delays THEN (requests -> f.request - 1 ->> 'start_at')::timestamptz END AS start_at OFFSET 0) r
   CROSS JOIN LATERAL (SELECT * FROM tasker.template_steps WHERE template_id = t.template_id OFFSET 0) s
   CROSS JOIN LATERAL (
     SELECT coalesce(r.skip ? s.name, false) AS skipped,
            CASE WHEN r.skip IS NULL THEN cardinality(s.parents) ELSE
              (SELECT count(*) FROM tasker.template_steps p
                WHERE p.template_id = t.template_id AND p.position = ANY (s.parents) AND NOT r.skip ? p.name) END AS unmet) u
   ORDER BY f.n, s.position;

  IF skips THEN
    INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
    SELECT s.step_id, 'pending', 'skipped', 0, now, 'create_tasks', 'the request skips it'
      FROM tasker.steps_of(ARRAY(SELECT ids[n] FROM unnest(fresh) n)) s WHERE s.state = 'skipped' ORDER BY s.step_id;
  END IF;
  PERFORM tasker.settle_tasks(ARRAY(
    SELECT ids[n] FROM unnest(fresh) n
     WHERE skips OR NOT EXISTS (SELECT FROM tasker.template_steps WHERE template_id = templates[n])), 'create_tasks');
END
$$;
