-- What is wrong with one request in the normal form, in words, or null. Nothing is cast before it was looked at.
CREATE FUNCTION tasker.request_fault(request jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  texts   text[] := '{request_id,namespace,name,version,initiator,source_system,reason,correlation_id,idempotency_key,start_at}';
  unknown text;
BEGIN
  IF jsonb_typeof(request) IS DISTINCT FROM 'object' THEN
    RETURN 'request must be an object';
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(request) key
   WHERE key <> ALL (texts || '{protocol,context,priority,tags,skip}') LIMIT 1;
  IF FOUND THEN
    RETURN format('request has the unknown key %s: take it out or spell it right', left(unknown, 100));
  END IF;
  SELECT key INTO unknown FROM jsonb_each(request)
   WHERE key = ANY (texts) AND jsonb_typeof(value) <> 'null'
     AND (jsonb_typeof(value) <> 'string' OR length(value #>> '{}') NOT BETWEEN 1 AND 1000
          OR (key <> 'reason' AND length(value #>> '{}') > 255)) LIMIT 1;
  IF FOUND THEN
    RETURN format('request needs text of 1 to 255 characters (reason: 1000) for %s', unknown);
  END IF;
  RETURN CASE
    WHEN request ->> 'name' IS NULL THEN 'request needs a name, the template''s'
    WHEN request ->> 'request_id' !~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN 'request_id must be a UUID'
    WHEN request ->> 'start_at' IS NOT NULL AND NOT tasker.is_time(request -> 'start_at')
      THEN 'start_at must be a time with its zone, such as 2026-01-31T12:00:00Z'
    WHEN jsonb_typeof(coalesce(request -> 'context', '{}')) <> 'object' THEN 'context must be an object'
    WHEN octet_length((request -> 'context')::text) > 1048576 THEN 'context must not be larger than 1 MiB'
    WHEN octet_length((request -> 'context')::text) > 256 -- what is shorter cannot be so deep
      AND jsonb_path_exists(request -> 'context', 'strict $.**{128} ? (@.type() == "object" || @.type() == "array")', '{}', true)
      THEN 'context must not be nested deeper than 128 levels'
    WHEN coalesce(request -> 'protocol', '1') NOT IN ('1', 'null') THEN 'protocol must be 1'
    WHEN jsonb_typeof(request -> 'priority') NOT IN ('number', 'null')
      OR coalesce(request ->> 'priority', '0') !~ '^-?[0-9]{1,2}$|^-?100$' THEN 'priority must be an integer from -100 to 100'
    WHEN jsonb_typeof(coalesce(request -> 'tags', '[]')) <> 'array'
      OR jsonb_path_exists(request, 'strict $.tags ? (@.size() > 100)', '{}', true)
      OR jsonb_path_exists(request, 'strict $.tags[*] ? (@.type() != "string" || !(@ like_regex "^.{1,255}$" flag "s"))', '{}', true)
      THEN 'tags must be an array of at most 100 texts of 1 to 255 characters'
    WHEN jsonb_typeof(coalesce(request -> 'skip', '[]')) <> 'array'
      OR jsonb_path_exists(request, 'strict $.skip[*] ? (@.type() != "string")', '{}', true)
      THEN 'skip must be an array of the names of steps'
  END;
END
$$;
