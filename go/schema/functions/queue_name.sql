-- The queue on which the step messages of a namespace wait.
CREATE FUNCTION tasker.queue_name(namespace text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT namespace || '_queue'
$$;
