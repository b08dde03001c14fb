-- The function that make_functions made for a queue, quoted; NULL where there is none.
CREATE OR REPLACE FUNCTION tasker_pgmq.own_function(what text, queue_name text)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  own text := what || '/' || lower(queue_name);
BEGIN
  IF octet_length(own) > 63 THEN -- PostgreSQL would cut it, and say so each time
    RETURN NULL;
  END IF;
  own := 'tasker_pgmq.' || quote_ident(own);
  RETURN CASE WHEN to_regproc(own) IS NOT NULL THEN own END;
END $$;
