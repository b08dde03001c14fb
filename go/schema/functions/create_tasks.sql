-- The one rule for what is written when tasks are created. Joins the caller's transaction: a rollback takes tasks and
-- messages away together. A request seen before gives the task it made then: by its request_id, or by its idempotency
-- key (its own, or the one that its template derives) while the task holds it.
-- An impatient caller (a tick) gets a null task_id for a request whose key somebody else holds just now. Without roots the
-- first steps are left to the caller, or to enqueue.
CREATE FUNCTION tasker.create_tasks(requests jsonb, patient boolean DEFAULT true, roots boolean DEFAULT true)
RETURNS TABLE (ordinal integer, task_id uuid, created boolean, state text)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  ordinals    integer[];
  namespaces  integer[];
  templates   integer[];
  request_ids uuid[];
  keys        text[];
  strategies  text[];
  scopes      text[];
  held        integer[];
  ids         uuid[];
  fresh       integer[];
BEGIN
  PERFORM tasker.check_requests(requests);
  SELECT array_agg(p.ordinal ORDER BY p.ordinal), array_agg(p.namespace_id ORDER BY p.ordinal),
         array_agg(p.template_id ORDER BY p.ordinal), array_agg(p.request_id ORDER BY p.ordinal),
         array_agg(p.idempotency_key ORDER BY p.ordinal), array_agg(p.strategy ORDER BY p.ordinal),
         array_agg(p.scope ORDER BY p.ordinal)
    INTO ordinals, namespaces, templates, request_ids, keys, strategies, scopes
    FROM tasker.parse_requests(requests) p;
  PERFORM tasker.check_fit(requests, templates, strategies, keys);
  held := tasker.lock_request_keys(namespaces, request_ids, keys, patient);

  -- Now that the keys are held, look up in a statement of its own: it sees what their last holder committed.
  -- Of those that nobody asked for before, equal ones in this call share a task: one request id is one request, and of
  -- requests with one key the first makes the task for all.
  WITH asked AS MATERIALIZED (
    SELECT n, coalesce(request_ids[n]::text, 'alone ' || n) AS request, coalesce(namespaces[n] || ' ' || keys[n], 'alone ' || n) AS key,
           coalesce(by_request.task_id, by_key.task_id) AS present, tasker.uuidv7() AS new_id
      FROM unnest(held) n
      LEFT JOIN LATERAL (SELECT task_id FROM tasker.tasks WHERE request_id = request_ids[n] OFFSET 0) by_request ON true
      LEFT JOIN LATERAL (
        SELECT task_id FROM tasker.tasks WHERE namespace_id = namespaces[n] AND idempotency_key = keys[n] AND key_held OFFSET 0) by_key ON true),
  alike AS (
    SELECT *, present IS NULL AND n = min(n) OVER (PARTITION BY request, present IS NULL) AS first FROM asked),
  made AS (
    SELECT *, CASE WHEN first THEN first_value(new_id) OVER (PARTITION BY first, key ORDER BY n) END AS task FROM alike),
  answered AS (
    SELECT n, new_id, coalesce(present, first_value(task) OVER (PARTITION BY request, present IS NULL ORDER BY n)) AS id FROM made)
  SELECT array_agg(a.id ORDER BY o), array_agg(o ORDER BY o) FILTER (WHERE a.id = a.new_id) INTO ids, fresh
    FROM unnest(ordinals) o LEFT JOIN answered a ON a.n = o;

  IF fresh IS NOT NULL THEN
    PERFORM tasker.insert_tasks(requests, fresh, ids, templates, keys, scopes);
    IF roots THEN
      PERFORM tasker.hand_out_roots(ARRAY(SELECT ids[n] FROM unnest(fresh) n));
    END IF;
  END IF;
  RETURN QUERY
    SELECT o, ids[o], CASE WHEN ids[o] IS NOT NULL THEN o = ANY (coalesce(fresh, '{}')) END, t.state
      FROM unnest(ordinals) o LEFT JOIN LATERAL (SELECT state FROM tasker.tasks WHERE task_id = ids[o] OFFSET 0) t ON true ORDER BY o;
END
$$;
