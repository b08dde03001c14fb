-- Refuses what could not become a task, before anything is written. The context itself is checked against the
-- template's JSON Schema by the callers that can (Go and Ruby): SQL has no validator.
CREATE FUNCTION tasker.check_requests(requests jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  wrong text;
BEGIN
  IF jsonb_typeof(requests) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'requests must be a JSON array of objects' USING ERRCODE = 'TK400';
  END IF;
  SELECT fault || ': ' || left(r.request::text, 200) INTO wrong
    FROM jsonb_array_elements(requests) r (request)
   CROSS JOIN LATERAL (SELECT tasker.request_fault(r.request) AS fault OFFSET 0) f
   WHERE fault IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'TK400';
  END IF;

  SELECT coalesce(p.request ->> 'namespace', 'default') || '/' || (p.request ->> 'name')
         || coalesce(' version ' || (p.request ->> 'version'), '')
    INTO wrong FROM tasker.parse_requests(requests) p WHERE p.template_id IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'no template %: register it with `tasker templates register FILE`', wrong USING ERRCODE = 'TK404';
  END IF;
END
$$;
