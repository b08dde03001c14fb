-- What an operator may do with a step in this state, as long as its task is not at rest for good. While another task holds
-- the idempotency key that its task in error gave back (key_holders), nothing that would reopen that.
-- go/tasker/transition.go says the same in moves.
CREATE FUNCTION tasker.step_actions(state text, skippable boolean, key_taken boolean DEFAULT false) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN key_taken THEN CASE WHEN state IN ('pending', 'enqueued', 'in_progress', 'waiting_for_retry') THEN ARRAY['cancel'] ELSE ARRAY[]::text[] END
    WHEN state IN ('pending', 'enqueued', 'in_progress', 'waiting_for_retry') THEN ARRAY['cancel', 'resolve']
    WHEN state = 'error' THEN ARRAY['retry', 'resolve']
    ELSE ARRAY[]::text[] END
    || CASE WHEN skippable AND NOT key_taken AND state IN ('pending', 'enqueued', 'in_progress', 'waiting_for_retry', 'error')
       THEN ARRAY['skip'] ELSE ARRAY[]::text[] END
$$;
