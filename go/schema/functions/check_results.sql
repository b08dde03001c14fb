-- Refuses results that an operator cannot give: with anything but resolve, or larger or nested deeper than a handler's
-- may be, which lie one level deep in a result.
CREATE FUNCTION tasker.check_results(action text, results jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  bytes integer := tasker.compact_size(results);
BEGIN
  IF results IS NOT NULL AND action <> 'resolve' THEN
    RAISE EXCEPTION 'results are for resolve only: leave them out to % a step', action USING ERRCODE = 'TK400';
  END IF;
  IF bytes > 1048576 THEN
    RAISE EXCEPTION 'results have % bytes, at most 1 MiB is kept: store them elsewhere and give a reference', bytes USING ERRCODE = 'TK400';
  ELSIF bytes > 254 -- what is shorter cannot be so deep
    AND jsonb_path_exists(results, 'strict $.**{127} ? (@.type() == "object" || @.type() == "array")', '{}', true) THEN
    RAISE EXCEPTION 'results are nested deeper than 127 levels: flatten them, or store them elsewhere and give a reference' USING ERRCODE = 'TK400';
  END IF;
END
$$;
