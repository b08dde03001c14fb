-- The templates of a namespace, a task name and a version, each null for any.
CREATE FUNCTION tasker.chosen_templates(namespace text, task_name text, version text)
RETURNS TABLE (template_id integer, namespace_name text, task_name text, version text)
LANGUAGE sql STABLE AS $$
  SELECT t.template_id, n.name, t.name, t.version
    FROM tasker.templates t JOIN tasker.namespaces n USING (namespace_id)
   WHERE (chosen_templates.namespace IS NULL OR n.name = chosen_templates.namespace)
     AND (chosen_templates.task_name IS NULL OR t.name = chosen_templates.task_name)
     AND (chosen_templates.version IS NULL OR t.version = chosen_templates.version)
$$;
