-- How many bytes a JSON value has without the white space that jsonb puts between its parts: what bounds what people send,
-- so that it does not matter how PostgreSQL writes it. What is small anyway is not looked through.
CREATE FUNCTION tasker.compact_size(value jsonb) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  written text := value::text;
BEGIN
  IF octet_length(written) > 1048576 THEN
    written := regexp_replace(written, '("(?:[^"\\]|\\.)*")| ', '\1', 'g');
  END IF;
  RETURN octet_length(written);
END
$$;
