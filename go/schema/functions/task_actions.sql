-- What an operator may do with a task in this state. go/tasker/transition.go says the same in moves. A task in progress
-- may have failed steps to retry already, while others go on; one that is at rest for good is left alone. One in error
-- whose idempotency key another task holds by now (key_holders) is not reopened.
CREATE FUNCTION tasker.task_actions(state text, key_taken boolean DEFAULT false) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE state
    WHEN 'pending'     THEN ARRAY['cancel', 'resolve', 'pause', 'resume']
    WHEN 'in_progress' THEN ARRAY['cancel', 'retry', 'resolve', 'pause', 'resume']
    WHEN 'error'       THEN CASE WHEN key_taken THEN ARRAY[]::text[] ELSE ARRAY['retry'] END || ARRAY['resolve', 'pause', 'resume']
    ELSE ARRAY[]::text[] END
$$;
