-- Pauses a namespace: nothing of it is handed out, nothing may start. What runs already may finish. Gives whether that
-- changed anything.
CREATE FUNCTION tasker.pause_namespace(namespace text, actor text, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE sql AS $$
  SELECT tasker.turn_namespace(namespace, true, actor, reason)
$$;
