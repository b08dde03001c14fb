-- The tasks that a filter describes, oldest first: the way to control many at once,
-- tasker.control_tasks('cancel', ARRAY(SELECT tasker.find_tasks('{"name": "import", "state": "pending"}')), 'ops', 'why').
-- All keys must fit: filter_conditions says what each means. The statement is put together from the keys that are given,
-- so that each finds its index. Steps in error are few and have one: then it begins with them; else it looks at the
-- steps of one task after the other. OFFSET 0 keeps it so: see steps_of.
CREATE FUNCTION tasker.find_tasks(filter jsonb, quantity integer DEFAULT 1000) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
  wrong   text := tasker.filter_fault(filter, quantity);
  asked   jsonb := CASE WHEN filter ? 'error_type' THEN '{"step_state": "error"}' ELSE '{}' END::jsonb || filter;
  of_task text;
  of_step text;
BEGIN
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'TK400';
  END IF;
  SELECT coalesce(string_agg(c.condition, ' AND ') FILTER (WHERE NOT c.of_step), 'true'),
         string_agg(c.condition, ' AND ') FILTER (WHERE c.of_step)
    INTO of_task, of_step FROM tasker.filter_conditions(asked) c;
  RETURN QUERY EXECUTE 'SELECT t.task_id FROM ' || CASE
    WHEN of_step IS NULL THEN 'tasker.tasks t'
    WHEN asked -> 'step_state' IN ('"error"', '["error"]') THEN
      '(SELECT DISTINCT s.task_id AS id FROM tasker.steps s WHERE ' || of_step || ' OFFSET 0) f
        CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = f.id OFFSET 0) t'
    ELSE
      'tasker.tasks t CROSS JOIN LATERAL (
         SELECT FROM (SELECT * FROM tasker.steps WHERE task_id = t.task_id OFFSET 0) s WHERE ' || of_step || ' LIMIT 1) f'
    END || ' WHERE ' || of_task || ' ORDER BY t.created_at, t.task_id LIMIT $1' USING quantity;
END
$$;
