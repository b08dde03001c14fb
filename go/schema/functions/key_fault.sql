-- The first key of an object that is unknown or whose value is of another kind than kinds says for it, in words, or null.
-- A null is of every kind, and as good as a key that is not there; "any" takes everything.
CREATE FUNCTION tasker.key_fault(place text, value jsonb, kinds jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET jit = off AS $$
DECLARE
  wrong record;
BEGIN
  IF coalesce(jsonb_typeof(value), 'null') = 'null' THEN
    RETURN NULL;
  ELSIF jsonb_typeof(value) <> 'object' THEN
    RETURN format('%s is no object', place);
  END IF;
  SELECT e.key, kinds ->> e.key AS kind INTO wrong FROM jsonb_each(value) e
   WHERE kinds ->> e.key IS NULL OR kinds ->> e.key NOT IN ('any', jsonb_typeof(e.value)) AND jsonb_typeof(e.value) <> 'null' LIMIT 1;
  RETURN CASE WHEN NOT FOUND THEN NULL
    WHEN wrong.kind IS NULL THEN format('%s/%s is not a known key: take it out or spell it right', place, left(wrong.key, 100))
    ELSE format('%s/%s must be of type %s', place, wrong.key, wrong.kind) END;
END
$$;
