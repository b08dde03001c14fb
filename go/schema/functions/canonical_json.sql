-- The one text of a JSON value, so that values which jsonb calls equal have one hash, in whatever language it is made:
--   * no white space;
--   * the members of an object in the order of their keys' UTF-8 bytes, an array's elements in their own order;
--   * numbers in plain decimal notation, without an exponent, without zeros at the end of a fraction, without a "+", and
--     without a sign if they are zero: 1.0, 1e0 and 10E-1 are 1, -0.0 is 0, 1e3 is 1000, 5e-3 is 0.005. Nothing is rounded;
--   * strings (keys too) as UTF-8 in quotes, with \" \\ \b \f \n \r \t for these seven, \u00xx in small letters for the other
--     characters below U+0020, and every other character as itself: no \/, no escape for U+007F, U+2028 or beyond U+FFFF;
--   * true, false and null.
-- Each level of nesting is a call of this function, so there is a bound to them: 128, as in every request that comes
-- through Go. Beyond it the value is refused, long before the server's stack ends.
CREATE FUNCTION tasker.canonical_json(value jsonb, depth integer DEFAULT 1) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  members text;
BEGIN
  IF depth > 128 AND jsonb_typeof(value) IN ('object', 'array') THEN
    RAISE EXCEPTION 'JSON is nested deeper than 128 levels, which is too deep for a key to be made of it: flatten it, or give an idempotency_key'
      USING ERRCODE = 'TK400';
  END IF;
  IF value IN ('{}', '[]') THEN
    RETURN value::text;
  END IF;
  CASE jsonb_typeof(value)
  WHEN 'object' THEN
    SELECT string_agg(to_json(m.key)::text || ':' || CASE
                        WHEN jsonb_typeof(m.value) = 'number' THEN trim_scale(m.value::numeric)::text
                        WHEN jsonb_typeof(m.value) IN ('object', 'array') THEN tasker.canonical_json(m.value, depth + 1)
                        ELSE m.value::text END, ',' ORDER BY m.key COLLATE "C")
      INTO members FROM jsonb_each(canonical_json.value) m;
    RETURN '{' || members || '}';
  WHEN 'array' THEN
    SELECT string_agg(CASE
                        WHEN jsonb_typeof(m.value) = 'number' THEN trim_scale(m.value::numeric)::text
                        WHEN jsonb_typeof(m.value) IN ('object', 'array') THEN tasker.canonical_json(m.value, depth + 1)
                        ELSE m.value::text END, ',' ORDER BY m.ordinality)
      INTO members FROM jsonb_array_elements(canonical_json.value) WITH ORDINALITY m;
    RETURN '[' || members || ']';
  WHEN 'number' THEN
    RETURN trim_scale(value::numeric)::text;
  ELSE
    RETURN value::text;
  END CASE;
END
$$;
