-- Whether a namespace has ready steps, other than these new ones, that nobody has handed out yet. Looks no further than
-- the first one that is not of these.
CREATE FUNCTION tasker.held_back(namespace integer, besides bigint[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
  now timestamptz := clock_timestamp();  -- which no index could be asked for
BEGIN
  RETURN EXISTS (
    SELECT FROM tasker.steps
     WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND due_at <= now AND NOT paused AND NOT is_due)
  OR EXISTS (
    SELECT FROM tasker.steps WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND NOT paused AND is_due)
  OR cardinality(besides) < (
    SELECT count(*) FROM (
      SELECT FROM tasker.steps
       WHERE namespace_id = namespace AND state = 'pending' AND unmet_dependencies = 0 AND NOT paused
       LIMIT cardinality(besides) + 1) ready);
END
$$;
