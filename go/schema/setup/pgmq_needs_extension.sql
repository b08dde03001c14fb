-- The extension is to take over: is it there, and does it know the columns of our tables?
DO $$
DECLARE
  offered text := (SELECT default_version FROM pg_available_extensions WHERE name = 'pgmq');
BEGIN
  IF offered IS NULL THEN
    RAISE EXCEPTION 'this server does not offer the extension pgmq'
      USING HINT = 'Install it on the server, and try again; see pg_available_extensions.';
  ELSIF string_to_array(substring(offered FROM '^\d+\.\d+'), '.')::integer[] < ARRAY[1, 10] THEN
    RAISE EXCEPTION 'this server offers pgmq %, which does not know all columns of the queues: 1.10 or newer is needed', offered;
  END IF;
END $$;
