-- Whether a namespace has ready steps, other than these, that nobody has handed out yet. Looks no further than the
-- first one that is not of these.
CREATE FUNCTION tasker.held_back(namespace integer, besides bigint[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT count(*) > cardinality(besides)
    FROM (SELECT FROM tasker.steps
           WHERE namespace_id = namespace AND state = 'pending' AND unmet_dependencies = 0
           LIMIT cardinality(besides) + 1) ready
$$;
