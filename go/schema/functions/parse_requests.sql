-- Requests in the normal form, one row each in the order given, with the template each one asks for: the version it
-- names, else the highest. template_id is null when there is no such template.
CREATE FUNCTION tasker.parse_requests(requests jsonb)
RETURNS TABLE (ordinal integer, namespace_id integer, template_id integer, request_id uuid, idempotency_key text,
               priority integer, request jsonb)
LANGUAGE sql STABLE AS $$
  SELECT r.ordinal::integer, n.namespace_id, t.template_id, (r.request ->> 'request_id')::uuid,
         r.request ->> 'idempotency_key', coalesce((r.request ->> 'priority')::integer, 0), r.request
    FROM jsonb_array_elements(requests) WITH ORDINALITY AS r (request, ordinal)
    LEFT JOIN tasker.namespaces n ON n.name = coalesce(r.request ->> 'namespace', 'default')
    LEFT JOIN LATERAL (
      SELECT t.template_id FROM tasker.templates t
       WHERE t.namespace_id = n.namespace_id AND t.name = r.request ->> 'name'
         AND t.version = coalesce(r.request ->> 'version', t.version)
       ORDER BY string_to_array(t.version, '.')::integer[] DESC LIMIT 1) t ON true
$$;
