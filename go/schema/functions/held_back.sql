-- Whether a namespace has ready steps, other than these, that nobody has handed out yet. Looks no further than the
-- first one that is not of these.
CREATE FUNCTION tasker.held_back(namespace integer, besides bigint[]) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN cardinality(besides) < (
    SELECT count(*) FROM (
      SELECT FROM tasker.steps
       WHERE namespace_id = namespace AND state = 'pending' AND unmet_dependencies = 0 AND NOT paused
       LIMIT cardinality(besides) + 1) ready);
END
$$;
