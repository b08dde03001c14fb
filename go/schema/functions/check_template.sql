-- Refuses a normal form that could never run: a step without its rules, named twice, with an unknown dependency or in a
-- cycle. The parsers say more and say it kinder; this is the wall behind them, for callers that come with plain SQL.
CREATE FUNCTION tasker.check_template(definition jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  most_seconds constant integer := 10 * 365 * 24 * 3600;
  names text[];
  wrong text;
BEGIN
  IF NOT coalesce(jsonb_typeof(definition -> 'steps') = 'array'
     AND jsonb_typeof(definition -> 'name') = 'string' AND definition ->> 'name' ~ '^[A-Za-z][A-Za-z0-9_-]{0,127}$'
     AND definition ->> 'namespace' ~ '^[a-z][a-z0-9_]{0,39}$'
     AND definition ->> 'version' ~ '^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$', false) THEN
    RAISE EXCEPTION 'template needs a namespace (a-z, 0-9, _), a name, a version such as 1.0.0 and steps: register the normal form'
      USING ERRCODE = 'TK400';
  END IF;
  IF definition ? 'identity' AND NOT coalesce(
       definition #>> '{identity,strategy}' IN ('always_unique', 'caller_provided', 'strict')
       AND definition #>> '{identity,scope}' IN ('forever', 'open'), false) THEN
    RAISE EXCEPTION 'identity % needs a strategy (always_unique, caller_provided, strict) and a scope (forever, open)',
      left(definition ->> 'identity', 200) USING ERRCODE = 'TK400';
  END IF;

  SELECT left(step::text, 200) INTO wrong FROM jsonb_array_elements(definition -> 'steps') step
   WHERE NOT coalesce(jsonb_typeof(step -> 'name') = 'string' AND step ->> 'name' ~ '^[A-Za-z][A-Za-z0-9_-]{0,127}$'
     AND jsonb_typeof(step -> 'handler_class') = 'string' AND length(step ->> 'handler_class') BETWEEN 1 AND 255
     AND jsonb_typeof(step -> 'depends_on') = 'array' AND jsonb_typeof(step -> 'config') = 'object'
     AND jsonb_typeof(step -> 'max_attempts') = 'number' AND step ->> 'max_attempts' ~ '^([0-9]{1,3}|1000)$'
     AND jsonb_typeof(step -> 'retryable') = 'boolean' AND jsonb_typeof(step -> 'skippable') = 'boolean'
     AND CASE jsonb_typeof(step -> 'timeout_seconds')
         WHEN 'number' THEN (step ->> 'timeout_seconds')::numeric > 0 AND (step ->> 'timeout_seconds')::numeric <= most_seconds
         WHEN 'null' THEN true ELSE NOT step ? 'timeout_seconds' END
     AND step -> 'backoff' ->> 'strategy' IN ('exponential', 'linear', 'fixed')
     AND CASE WHEN jsonb_typeof(step -> 'backoff' -> 'base_seconds') = 'number'
                AND jsonb_typeof(step -> 'backoff' -> 'max_seconds') = 'number'
                AND jsonb_typeof(step -> 'backoff' -> 'jitter') = 'number'
         THEN (step #>> '{backoff,base_seconds}')::numeric BETWEEN 0 AND (step #>> '{backoff,max_seconds}')::numeric
          AND (step #>> '{backoff,max_seconds}')::numeric <= most_seconds
          AND (step #>> '{backoff,jitter}')::numeric BETWEEN 0 AND 1 END, false) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'step % lacks a key of the normal form, or one is out of its bounds: name, handler_class, depends_on, config, max_attempts, retryable, skippable, timeout_seconds, backoff',
      wrong USING ERRCODE = 'TK400';
  END IF;

  SELECT coalesce(array_agg(step ->> 'name'), '{}') INTO names FROM jsonb_array_elements(definition -> 'steps') step;
  SELECT name INTO wrong FROM unnest(names) name GROUP BY name HAVING count(*) > 1 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'step name % occurs more than once: give every step a name of its own', wrong USING ERRCODE = 'TK400';
  END IF;

  SELECT format('%s depends on %s', step ->> 'name', parent) INTO wrong
    FROM jsonb_array_elements(definition -> 'steps') step, jsonb_array_elements(step -> 'depends_on') parent
   WHERE jsonb_typeof(parent) <> 'string' OR parent #>> '{}' <> ALL (names)
   GROUP BY step, parent
   UNION ALL
  SELECT format('%s depends twice on %s', step ->> 'name', parent)
    FROM jsonb_array_elements(definition -> 'steps') step, jsonb_array_elements(step -> 'depends_on') parent
   GROUP BY step, parent HAVING count(*) > 1 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%: name each step it waits for, of this template, once', wrong USING ERRCODE = 'TK400';
  END IF;
  PERFORM tasker.check_acyclic(definition);
END
$$;
