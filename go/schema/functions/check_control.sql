-- Refuses what no operator may ask for, before anything is looked at: an unknown action, nobody who asks. Who and why go
-- into the history, so they have its sizes.
CREATE FUNCTION tasker.check_control(action text, actions text[], actor text, reason text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF action IS NULL OR action <> ALL (actions) THEN
    RAISE EXCEPTION 'unknown action %: there are %', coalesce(quote_literal(left(action, 50)), 'null'),
      array_to_string(actions, ', ') USING ERRCODE = 'TK400';
  END IF;
  IF actor IS NULL OR btrim(actor) = '' OR length(actor) > 255 THEN
    RAISE EXCEPTION 'actor needs text of 1 to 255 characters: say who does this' USING ERRCODE = 'TK400';
  END IF;
  IF length(reason) > 1000 THEN
    RAISE EXCEPTION 'reason has % characters, at most 1000 are kept: shorten it', length(reason) USING ERRCODE = 'TK400';
  END IF;
END
$$;
