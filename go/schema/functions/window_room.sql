-- How many more steps a namespace may have handed out: its window less what is out, counted from the step rows.
CREATE FUNCTION tasker.window_room(namespace integer, dispatch_window integer) RETURNS integer
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
  RETURN dispatch_window - (
    SELECT count(*) FROM (
      SELECT FROM tasker.steps WHERE namespace_id = namespace AND state IN ('enqueued', 'in_progress') AND NOT paused
       LIMIT dispatch_window) handed_out);
END
$$;
