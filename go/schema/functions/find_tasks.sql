-- The tasks that a filter describes, oldest first: the way to control many at once,
-- tasker.control_tasks('cancel', ARRAY(SELECT tasker.find_tasks('{"name": "import", "state": "pending"}')), 'ops', 'why').
-- All keys must fit: filter_conditions says what each means. The statement is put together from the keys that are given,
-- so that each finds its index.
CREATE FUNCTION tasker.find_tasks(filter jsonb, quantity integer DEFAULT 1000) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
  wrong   text := tasker.filter_fault(filter, quantity);
  of_task text;
  of_step text;
BEGIN
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'TK400';
  END IF;
  SELECT string_agg(c.condition, ' AND ') FILTER (WHERE NOT c.of_step), string_agg(c.condition, ' AND ') FILTER (WHERE c.of_step)
    INTO of_task, of_step FROM tasker.filter_conditions(filter) c;
  RETURN QUERY EXECUTE format('SELECT t.task_id FROM tasker.tasks t WHERE %s AND %s ORDER BY t.created_at, t.task_id LIMIT $1',
    coalesce(of_task, 'true'),
    coalesce('t.task_id IN (SELECT s.task_id FROM tasker.steps s WHERE ' || of_step || ')', 'true')) USING quantity;
END
$$;
