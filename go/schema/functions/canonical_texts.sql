-- The canonical texts of objects and arrays that stand equally deep and are not empty: see canonical_json. What is nested
-- in them, all of it together, makes one further call: a value costs as many calls as it is deep, however many objects it
-- holds. Therefore there is a bound: 128 levels, as in every request that comes through Go. Beyond it a value is refused,
-- long before the server's stack ends.
CREATE FUNCTION tasker.canonical_texts(given jsonb[], depth integer) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET jit = off AS $$
#variable_conflict use_column
DECLARE
  owners integer[];  -- of each member of those given: whose it is,
  places integer[];  -- where in an array,
  keys   text[];     -- under which key in an object,
  texts  text[];     -- and its text, which comes later for what has members itself:
  nested jsonb[];    -- that
  below  text[];
  next   integer := 0;
  deep   boolean;
BEGIN
  SELECT array_agg(m.n), array_agg(m.place), array_agg(m.key),
         array_agg(CASE WHEN m.holds THEN NULL WHEN m.kind = 'number' THEN trim_scale(m.value::numeric)::text ELSE m.value::text END),
         array_agg(m.value) FILTER (WHERE m.holds), bool_or(m.kind IN ('object', 'array'))
    INTO owners, places, keys, texts, nested, deep
    FROM (SELECT f.*, f.kind IN ('object', 'array') AND f.value NOT IN ('{}', '[]') AS holds
            FROM (SELECT g.n, NULL::integer AS place, o.key, o.value, jsonb_typeof(o.value) AS kind
                    FROM unnest(given) WITH ORDINALITY AS g (value, n) CROSS JOIN LATERAL jsonb_each(g.value) o
                   WHERE jsonb_typeof(g.value) = 'object'
                  UNION ALL
                  SELECT g.n, a.place, NULL, a.value, jsonb_typeof(a.value)
                    FROM unnest(given) WITH ORDINALITY AS g (value, n)
                   CROSS JOIN LATERAL jsonb_array_elements(g.value) WITH ORDINALITY AS a (value, place)
                   WHERE jsonb_typeof(g.value) = 'array') f) m;
  IF depth = 128 AND deep THEN
    RAISE EXCEPTION 'JSON is nested deeper than 128 levels, which is too deep for a key to be made of it: flatten it, or give an idempotency_key'
      USING ERRCODE = 'TK400';
  END IF;
  IF nested IS NOT NULL THEN
    below := tasker.canonical_texts(nested, depth + 1);
    FOR i IN 1 .. cardinality(texts) LOOP
      IF texts[i] IS NULL THEN
        next := next + 1;
        texts[i] := below[next];
      END IF;
    END LOOP;
  END IF;

  RETURN ARRAY(  -- sorted once for all: an ORDER BY in the aggregates sorts for each of them, which takes most of the time
    SELECT CASE WHEN count(m.key) = 0 THEN '[' || string_agg(m.text, ',') || ']'
                ELSE '{' || string_agg(to_json(m.key)::text || ':' || m.text, ',') || '}' END
      FROM (SELECT * FROM unnest(owners, places, keys, texts) AS m (n, place, key, text)
             ORDER BY m.n, m.key COLLATE "C", m.place) m
     GROUP BY m.n ORDER BY m.n);
END
$$;
