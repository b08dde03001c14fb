-- Whether a message says which attempt of which step it is about, in numbers that can be one.
CREATE FUNCTION tasker.names_an_attempt(message jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(jsonb_typeof(message) = 'object'
    AND jsonb_typeof(message -> 'step_id') = 'number' AND message ->> 'step_id' ~ '^[0-9]{1,18}$'
    AND jsonb_typeof(message -> 'attempt') = 'number' AND message ->> 'attempt' ~ '^[0-9]{1,9}$', false)
$$;
