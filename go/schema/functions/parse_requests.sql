-- Requests in the normal form, one row each, with the template each one asks for, what that template says about identity
-- and the key that the request has then. template_id is null when there is no such template. Templates are looked up
-- once each, not once a request.
CREATE FUNCTION tasker.parse_requests(requests jsonb)
RETURNS TABLE (ordinal integer, namespace_id integer, template_id integer, request_id uuid, idempotency_key text,
               strategy text, scope text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    WITH asked AS MATERIALIZED (
      SELECT r.ordinality::integer AS ordinal, r.request, coalesce(r.request ->> 'namespace', 'default') AS namespace,
             r.request ->> 'name' AS name, r.request ->> 'version' AS version
        FROM jsonb_array_elements(requests) WITH ORDINALITY AS r (request)),
    found AS MATERIALIZED (
      SELECT a.namespace, a.name, a.version, t.namespace_id, t.template_id,
             coalesce(t.definition #>> '{identity,strategy}', 'always_unique') AS strategy,
             coalesce(t.definition #>> '{identity,scope}', 'forever') AS scope
        FROM (SELECT DISTINCT namespace, name, version FROM asked) a
       CROSS JOIN LATERAL tasker.find_template(a.namespace, a.name, a.version) t)
    SELECT a.ordinal, f.namespace_id, f.template_id, (a.request ->> 'request_id')::uuid,
           coalesce(a.request ->> 'idempotency_key', CASE f.strategy WHEN 'strict'
             THEN tasker.identity_key(a.name, coalesce(a.request -> 'context', '{}')) END),
           f.strategy, f.scope
      FROM asked a
      LEFT JOIN found f ON f.namespace = a.namespace AND f.name = a.name AND f.version IS NOT DISTINCT FROM a.version;
END
$$;
