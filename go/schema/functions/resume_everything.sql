-- Lets everything go on that is not paused by itself. Gives whether that changed anything.
CREATE FUNCTION tasker.resume_everything(actor text, reason text DEFAULT NULL) RETURNS boolean
LANGUAGE sql AS $$
  SELECT tasker.turn_everything(false, actor, reason)
$$;
