-- Refuses a result that the orchestrator would refuse when it applies it: go/tasker's DecodeResult. Where effects are
-- committed together with a result, that would be too late. Whatever is refused there is refused here; a test holds the
-- two together.
CREATE FUNCTION tasker.check_result(result jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
  bytes   integer := octet_length(result::text);
  advice  jsonb := result -> 'orchestration_metadata';
  hint    jsonb := advice -> 'backoff_hint';
  huge    numeric := 1.7976931348623157e308;
  rfc3339 text := '^.{10}T.{8}(\.\d+)?(Z|[+-]..:..)$'; -- within what is_time takes
  fault   text;
BEGIN
  fault := CASE
    WHEN bytes > 4194304 THEN format('has %s bytes as PostgreSQL writes it, at most 4 MiB are allowed: keep large values elsewhere', bytes)
    WHEN bytes > 256 -- what is shorter cannot be so deep
      AND jsonb_path_exists(result, 'strict $.**{128} ? (@.type() == "object" || @.type() == "array")', '{}', true)
      THEN 'is nested deeper than 128 levels' END;
  fault := coalesce(fault,
    tasker.key_fault('', result, '{"protocol": "number", "step_id": "number", "task_id": "string", "attempt": "number", "status": "string",
      "results": "any", "error": "object", "execution_time_ms": "number", "orchestration_metadata": "object", "worker": "object",
      "started_at": "string", "completed_at": "string"}'),
    tasker.key_fault('/error', result -> 'error',
      '{"error_type": "string", "message": "string", "retryable": "boolean", "error_code": "string", "backtrace": "array"}'),
    tasker.key_fault('/orchestration_metadata', advice,
      '{"headers": "object", "backoff_hint": "object", "error_context": "any", "custom": "any", "events": "any"}'),
    tasker.key_fault('/orchestration_metadata/backoff_hint', hint, '{"delay_seconds": "number", "type": "string"}'),
    tasker.key_fault('/worker', result -> 'worker', '{"id": "string", "host": "string", "pid": "number"}'),
    -- Everything is of its kind by now; null is left.
    CASE
      WHEN result ->> 'protocol' IS DISTINCT FROM '1' THEN 'needs the protocol 1'
      WHEN NOT tasker.names_an_attempt(result) OR (result ->> 'step_id')::bigint = 0 OR (result ->> 'attempt')::integer = 0
        THEN 'needs step_id and attempt, whole numbers of 1 or more'
      WHEN coalesce(result ->> 'task_id' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', true) THEN 'needs the task''s UUID for task_id'
      WHEN coalesce(result ->> 'status' NOT IN ('success', 'failed', 'skipped', 'timed_out', 'cancelled'), true)
        THEN 'needs a status: success, failed, skipped, timed_out or cancelled'
      WHEN NOT (result ->> 'execution_time_ms')::numeric BETWEEN 0 AND huge THEN 'needs milliseconds of 0 or more for execution_time_ms'
      WHEN result #>> '{worker,pid}' !~ '^-?[0-9]{1,18}$' THEN 'needs a whole number for /worker/pid'
      WHEN jsonb_typeof(hint) = 'object' AND NOT coalesce((hint ->> 'delay_seconds')::numeric BETWEEN 0 AND huge, false)
        THEN 'needs seconds of 0 or more for /orchestration_metadata/backoff_hint/delay_seconds'
      WHEN result ->> 'started_at' IS NOT NULL AND NOT (tasker.is_time(result -> 'started_at') AND result ->> 'started_at' ~ rfc3339)
        OR result ->> 'completed_at' IS NOT NULL AND NOT (tasker.is_time(result -> 'completed_at') AND result ->> 'completed_at' ~ rfc3339)
        THEN 'needs times of RFC 3339, such as 2026-03-01T12:00:00Z, for started_at and completed_at'
    END);
  -- What most results do not have, in statements of their own: a statement is made ready with all its parts.
  IF fault IS NULL AND jsonb_typeof(advice -> 'headers') = 'object' THEN
    fault := (SELECT 'needs strings or numbers for /orchestration_metadata/headers' FROM jsonb_each(advice -> 'headers') h
               WHERE CASE jsonb_typeof(h.value) WHEN 'number' THEN abs((h.value #>> '{}')::numeric) > huge
                          ELSE jsonb_typeof(h.value) NOT IN ('string', 'null') END LIMIT 1);
  END IF;
  IF fault IS NULL AND jsonb_typeof(result #> '{error,backtrace}') = 'array' THEN
    fault := (SELECT 'needs strings for /error/backtrace' FROM jsonb_array_elements(result #> '{error,backtrace}') line
               WHERE jsonb_typeof(line) NOT IN ('string', 'null') LIMIT 1);
  END IF;
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'result refused: %', fault USING ERRCODE = 'TK400';
  END IF;
  PERFORM tasker.check_results('resolve', result -> 'results');
  PERFORM tasker.check_events(advice -> 'events');
END
$$;
