-- Whether nothing may go out in a namespace: it is paused, or everything is.
CREATE FUNCTION tasker.is_paused(namespace integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM tasker.installation WHERE paused)
      OR EXISTS (SELECT FROM tasker.namespaces n WHERE n.namespace_id = namespace AND n.paused);
END
$$;
