-- What the templates say of each of their steps, by its position. Each definition is unpacked once: picking the steps
-- out of it one by one would unpack the whole of it for every step.
CREATE FUNCTION tasker.template_recipes(template_ids integer[])
RETURNS TABLE (template_id integer, "position" integer, max_attempts integer, retryable boolean, skippable boolean,
  parents integer)
LANGUAGE sql STABLE AS $$
  SELECT t.template_id, (r.n - 1)::integer, (recipe ->> 'max_attempts')::integer, (recipe ->> 'retryable')::boolean,
         (recipe ->> 'skippable')::boolean, jsonb_array_length(recipe -> 'depends_on')
    FROM tasker.templates t
   CROSS JOIN LATERAL jsonb_array_elements(t.definition -> 'steps') WITH ORDINALITY AS r (recipe, n)
   WHERE t.template_id = ANY (template_ids)
$$;
