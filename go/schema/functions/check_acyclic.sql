-- Refuses steps that wait for each other. Takes away the steps that wait for nobody, then those that waited only for
-- these, and so on; what never goes is in a cycle, or behind one. Each edge is looked at twice, however deep the graph.
CREATE FUNCTION tasker.check_acyclic(definition jsonb) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  waits    jsonb := '{}';  -- how many parents each step still waits for
  children jsonb := '{}';  -- who waits for each step
  free     text[];
  step     text;
  child    text;
BEGIN
  SELECT coalesce(jsonb_object_agg(s ->> 'name', jsonb_array_length(s -> 'depends_on')), '{}') INTO waits
    FROM jsonb_array_elements(definition -> 'steps') s;
  SELECT coalesce(jsonb_object_agg(parent, names), '{}') INTO children FROM (
    SELECT parent, jsonb_agg(s ->> 'name') AS names
      FROM jsonb_array_elements(definition -> 'steps') s, jsonb_array_elements_text(s -> 'depends_on') parent
     GROUP BY parent) e;

  SELECT array_agg(key) INTO free FROM jsonb_each(waits) WHERE value = '0';
  WHILE cardinality(free) > 0 LOOP
    step := free[1];
    free := free[2:];
    waits := waits - step;
    FOR child IN SELECT jsonb_array_elements_text(children -> step) LOOP
      waits := jsonb_set(waits, ARRAY[child], to_jsonb((waits ->> child)::integer - 1));
      IF waits -> child = '0' THEN
        free := free || child;
      END IF;
    END LOOP;
  END LOOP;
  IF waits <> '{}' THEN
    RAISE EXCEPTION 'steps wait for each other in a cycle: %', (SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_each(waits))
      USING ERRCODE = 'TK400';
  END IF;
END
$$;
