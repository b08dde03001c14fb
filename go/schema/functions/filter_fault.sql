-- What is wrong with a filter for tasks, in words, or null. A null is refused: whoever forgot a value must not find
-- more than was meant.
CREATE FUNCTION tasker.filter_fault(filter jsonb, quantity integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  texts       text[] := '{namespace,name,version,correlation_id,initiator,idempotency_key,step_name,error_type}';
  task_states text[] := '{pending,in_progress,complete,error,cancelled,resolved_manually}';
  step_states text[] := task_states || '{enqueued,waiting_for_retry,skipped}'::text[];
  keys        text[] := texts || '{task_ids,tags,state,step_state,created_after,created_before,priority_min,priority_max,paused}'::text[];
  fault       text;
BEGIN
  IF jsonb_typeof(filter) IS DISTINCT FROM 'object' THEN
    RETURN 'filter must be an object; {} means every task';
  ELSIF quantity IS NULL OR quantity < 1 THEN
    RETURN 'quantity must be 1 or more';
  END IF;
  SELECT CASE
      WHEN f.key <> ALL (keys)
        THEN format('filter has the unknown key %s: there are %s', left(f.key, 100), array_to_string(keys, ', '))
      WHEN f.key = ANY (texts) AND (type <> 'string' OR text = '') THEN format('%s must be a text', f.key)
      WHEN f.key IN ('task_ids', 'tags') AND (type <> 'array' OR jsonb_path_exists(f.value, '$[*] ? (@.type() != "string")'))
        THEN format('%s must be an array of texts', f.key)
      WHEN f.key = 'task_ids' AND jsonb_path_exists(f.value, '$[*] ? (!(@ like_regex "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"))')
        THEN 'task_ids must be an array of UUIDs'
      WHEN f.key = 'state' AND NOT list <@ to_jsonb(task_states)
        THEN 'state must be one of these, or an array of them: ' || array_to_string(task_states, ', ')
      WHEN f.key = 'step_state' AND NOT list <@ to_jsonb(step_states)
        THEN 'step_state must be one of these, or an array of them: ' || array_to_string(step_states, ', ')
      WHEN f.key IN ('priority_min', 'priority_max') AND (type <> 'number' OR text !~ '^-?[0-9]{1,3}$')
        THEN format('%s must be an integer from -100 to 100', f.key)
      WHEN f.key = 'paused' AND type <> 'boolean' THEN 'paused must be true or false'
      WHEN f.key IN ('created_after', 'created_before') AND NOT tasker.is_time(f.value)
        THEN format('%s must be a time with its zone, such as 2026-01-31T12:00:00Z', f.key)
      END INTO fault
    FROM jsonb_each(filter) f
   CROSS JOIN LATERAL (
     SELECT jsonb_typeof(f.value) AS type, f.value #>> '{}' AS text,
            CASE jsonb_typeof(f.value) WHEN 'array' THEN f.value ELSE jsonb_build_array(f.value) END AS list) given
   ORDER BY 1 LIMIT 1;
  RETURN fault;
END
$$;
