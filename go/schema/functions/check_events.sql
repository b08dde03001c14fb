-- Refuses events that a result cannot carry, for those who answer in SQL: the bounds are those of go/tasker's Emitted.
CREATE FUNCTION tasker.check_events(events jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF (CASE coalesce(jsonb_typeof(events), 'null')
     WHEN 'null' THEN false
     WHEN 'array' THEN jsonb_array_length(events) > 100 OR tasker.compact_size(events) > 1048576 OR EXISTS (
       SELECT FROM jsonb_array_elements(events) AS e (event)
        WHERE CASE WHEN jsonb_typeof(event) = 'object' THEN NOT coalesce(
                jsonb_typeof(event -> 'name') = 'string' AND length(event ->> 'name') BETWEEN 1 AND 128
                AND coalesce(jsonb_typeof(event -> 'payload'), 'null') IN ('object', 'null')
                AND event - 'name' - 'payload' = '{}', false)
              ELSE true END)
     ELSE true END) THEN
    RAISE EXCEPTION 'events must be an array of at most 100 {"name", "payload"}: names of 1 to 128 characters, payloads objects, 1 MiB together'
      USING ERRCODE = 'TK400';
  END IF;
END
$$;
