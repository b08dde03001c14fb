-- The tasks created since a moment, by the primary key: an id begins with the time it was made, a little before the
-- task's created_at. The upper bound says nothing but makes a range of it, which is what an index is taken for also on
-- tables that were never analysed.
CREATE FUNCTION tasker.tasks_created_since(since timestamptz) RETURNS SETOF tasker.tasks
LANGUAGE sql STABLE AS $$
  SELECT t.* FROM tasker.tasks t
   WHERE t.task_id BETWEEN tasker.first_uuidv7(since - interval '1 minute') AND 'ffffffff-ffff-ffff-ffff-ffffffffffff'
     AND t.created_at >= since
$$;
