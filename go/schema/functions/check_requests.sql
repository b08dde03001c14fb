-- Refuses what could not become a task, by name, before anything is written. The context itself is checked against
-- the template's JSON Schema by the callers that can (Go and Ruby): SQL has no validator.
CREATE FUNCTION tasker.check_requests(requests jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  wrong record;
BEGIN
  SELECT request INTO wrong FROM jsonb_array_elements(requests) request
   WHERE jsonb_typeof(request) <> 'object' OR jsonb_typeof(request -> 'name') IS DISTINCT FROM 'string'
      OR jsonb_typeof(coalesce(request -> 'context', '{}')) <> 'object'
      OR octet_length((request -> 'context')::text) > 1048576 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'request needs a name (text) and a context (an object of at most 1 MiB): %',
      left(wrong.request::text, 200) USING ERRCODE = 'TK400';
  END IF;

  SELECT coalesce(p.request ->> 'namespace', 'default') || '/' || (p.request ->> 'name')
         || coalesce(' version ' || (p.request ->> 'version'), '') AS name
    INTO wrong FROM tasker.parse_requests(requests) p WHERE p.template_id IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'no template %: register it with `tasker templates register FILE`', wrong.name
      USING ERRCODE = 'TK404';
  END IF;
END
$$;
