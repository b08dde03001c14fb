-- Refuses results that an operator cannot give: with anything but resolve, or larger than a handler's may be.
CREATE FUNCTION tasker.check_results(action text, results jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF results IS NOT NULL AND action <> 'resolve' THEN
    RAISE EXCEPTION 'results are for resolve only: leave them out to % a step', action USING ERRCODE = 'TK400';
  END IF;
  IF octet_length(results::text) > 1048576 THEN
    RAISE EXCEPTION 'results have % bytes, at most 1 MiB is kept: store them elsewhere and give a reference', octet_length(results::text)
      USING ERRCODE = 'TK400';
  END IF;
END
$$;
