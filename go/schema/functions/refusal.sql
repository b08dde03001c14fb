-- Why something cannot be done, and what can be done instead.
CREATE FUNCTION tasker.refusal(action text, subject text, allowed text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN format('cannot %s %s: %s', action, subject, CASE
    WHEN cardinality(allowed) = 0 THEN 'nothing moves it any more'
    WHEN cardinality(allowed) = 1 THEN 'possible is ' || allowed[1]
    ELSE 'possible are ' || array_to_string(allowed, ', ') END);
END
$$;
