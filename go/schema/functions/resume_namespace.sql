-- Lets a paused namespace go on. Gives whether that changed anything.
CREATE FUNCTION tasker.resume_namespace(namespace text, actor text, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE sql AS $$
  SELECT tasker.turn_namespace(namespace, false, actor, reason)
$$;
