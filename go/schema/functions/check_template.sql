-- Refuses a normal form whose graph could never finish: a step named twice, an unknown dependency, a cycle.
-- The parsers say more and say it kinder; this is the wall behind them, for callers that come with plain SQL.
CREATE FUNCTION tasker.check_template(definition jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  names  text[];
  done   text[] := '{}';
  next   text[];
  wrong  text;
BEGIN
  IF jsonb_typeof(definition -> 'steps') IS DISTINCT FROM 'array' OR definition ->> 'namespace' IS NULL
     OR definition ->> 'name' IS NULL OR definition ->> 'version' IS NULL THEN
    RAISE EXCEPTION 'template has no namespace, name, version or steps: register the normal form'
      USING ERRCODE = 'TK400';
  END IF;
  SELECT coalesce(array_agg(step ->> 'name'), '{}') INTO names FROM jsonb_array_elements(definition -> 'steps') step;

  SELECT name INTO wrong FROM unnest(names) name GROUP BY name HAVING count(*) > 1 OR name IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'step name % occurs more than once: give every step a name of its own', quote_nullable(wrong)
      USING ERRCODE = 'TK400';
  END IF;

  SELECT step ->> 'name' || ' depends on ' || parent INTO wrong
    FROM jsonb_array_elements(definition -> 'steps') step, jsonb_array_elements_text(step -> 'depends_on') parent
   WHERE parent <> ALL (names) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%, which is not a step of the template: add it or take the dependency out', wrong
      USING ERRCODE = 'TK400';
  END IF;

  LOOP  -- take away the steps whose parents are all taken away; what never goes is in a cycle, or behind one
    SELECT array_agg(step ->> 'name') INTO next
      FROM jsonb_array_elements(definition -> 'steps') step
     WHERE step ->> 'name' <> ALL (done)
       AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(step -> 'depends_on') parent WHERE parent <> ALL (done));
    EXIT WHEN next IS NULL;
    done := done || next;
  END LOOP;
  IF cardinality(done) < cardinality(names) THEN
    RAISE EXCEPTION 'steps wait for each other in a cycle: %',
      (SELECT string_agg(name, ', ') FROM unnest(names) name WHERE name <> ALL (done)) USING ERRCODE = 'TK400';
  END IF;
END
$$;
