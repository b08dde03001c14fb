-- The namespaces that a sweep has to look at: something of theirs is out, or was suspected when it was.
CREATE FUNCTION tasker.swept_namespaces() RETURNS SETOF integer
LANGUAGE sql STABLE AS $$
  SELECT n.namespace_id FROM tasker.namespaces n
   WHERE EXISTS (SELECT FROM tasker.steps s
                  WHERE s.namespace_id = n.namespace_id AND s.state IN ('enqueued', 'in_progress') AND NOT s.paused)
      OR EXISTS (SELECT FROM tasker.suspects x WHERE x.namespace_id = n.namespace_id)
   ORDER BY n.namespace_id
$$;
