-- What differs between two normal forms, a line for each value, at JSON pointers in which steps go by their names. At
-- most 20 lines, then how many more there are.
CREATE FUNCTION tasker.template_difference(registered jsonb, given jsonb) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE SET jit = off AS $$
#variable_conflict use_column
DECLARE
  lines text[];
BEGIN
  WITH RECURSIVE side AS (  -- the steps as an object, so that one that moved is not taken for another
    SELECT f.old, f.definition || jsonb_build_object('steps',
             (SELECT coalesce(jsonb_object_agg(s.step ->> 'name', s.step - 'name'), '{}')
                FROM jsonb_array_elements(f.definition -> 'steps') AS s (step))) AS named,
           ARRAY(SELECT s.step ->> 'name' FROM jsonb_array_elements(f.definition -> 'steps') AS s (step)) AS names
      FROM (VALUES (true, registered), (false, given)) AS f (old, definition)),
  difference (path, depth, old, new) AS (
    SELECT '', 0, a.named, b.named FROM side a JOIN side b ON a.old AND NOT b.old
    UNION ALL
    SELECT d.path || '/' || replace(replace(e.key, '~', '~0'), '/', '~1'), d.depth + 1, e.old, e.new
      FROM difference d
     CROSS JOIN LATERAL (
       SELECT key, a.value AS old, b.value AS new
         FROM jsonb_each(CASE WHEN jsonb_typeof(d.old) = 'object' THEN d.old ELSE '{}' END) a
         FULL JOIN jsonb_each(CASE WHEN jsonb_typeof(d.new) = 'object' THEN d.new ELSE '{}' END) b USING (key)
        WHERE a.value IS DISTINCT FROM b.value) e
     WHERE jsonb_typeof(d.old) = 'object' AND jsonb_typeof(d.new) = 'object'),
  told AS (
    SELECT path, CASE
             WHEN path LIKE '/steps/%' AND depth = 2 AND new IS NULL THEN 'the step is registered and was not given'
             WHEN path LIKE '/steps/%' AND depth = 2 AND old IS NULL THEN 'the step is not registered and was given'
             ELSE coalesce(left(old::text, 80), 'nothing') || ' is registered, '
                  || coalesce(left(new::text, 80), 'nothing') || ' was given' END AS line
      FROM difference
     WHERE NOT coalesce(jsonb_typeof(old) = 'object' AND jsonb_typeof(new) = 'object', false)
    UNION ALL
    SELECT '/steps', left(array_to_string(a.names, ', '), 200) || ' is the order registered, '
           || left(array_to_string(b.names, ', '), 200) || ' was given'
      FROM side a JOIN side b ON a.old AND NOT b.old
     WHERE a.names <> b.names AND a.names @> b.names AND b.names @> a.names)
  SELECT array_agg(path || ': ' || line ORDER BY path COLLATE "C") INTO lines FROM told;

  RETURN QUERY SELECT unnest(lines[:20]);
  IF cardinality(lines) > 20 THEN
    RETURN NEXT format('and %s more', cardinality(lines) - 20);
  END IF;
END
$$;
