-- Pauses everything: nothing is handed out, nothing may start. What runs already may finish. Gives whether that
-- changed anything.
CREATE FUNCTION tasker.pause_everything(actor text, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE sql AS $$
  SELECT tasker.turn_everything(true, actor, reason)
$$;
