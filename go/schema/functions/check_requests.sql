-- Refuses what has not the form of requests, before anything in it is cast or looked up.
CREATE FUNCTION tasker.check_requests(requests jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
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
END
$$;
