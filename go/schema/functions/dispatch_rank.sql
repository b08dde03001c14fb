-- The order of dispatch, least first. A step's effective priority is priority + age × 0.1 points a second: two steps
-- age alike, so their order never changes and can be written down once, when the task is created. A task of
-- priority -100 overtakes newcomers of priority 100 after 2,000 seconds: nobody starves.
CREATE FUNCTION tasker.dispatch_rank(priority integer, created_at timestamptz) RETURNS float8
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT extract(epoch FROM created_at)::float8 * 0.1 - priority
$$;
