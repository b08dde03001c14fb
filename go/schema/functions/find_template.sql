-- The template that is asked for: the version that is named, else the highest. Nothing when there is none.
CREATE FUNCTION tasker.find_template(namespace text, name text, version text DEFAULT NULL) RETURNS SETOF tasker.templates
LANGUAGE sql STABLE AS $$
  SELECT t.* FROM tasker.namespaces n JOIN tasker.templates t USING (namespace_id)
   WHERE n.name = find_template.namespace AND t.name = find_template.name
     AND t.version = coalesce(find_template.version, t.version)
   ORDER BY string_to_array(t.version, '.')::integer[] DESC LIMIT 1
$$;
