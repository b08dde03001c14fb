-- Takes away what make_functions made, as far as the caller may.
CREATE OR REPLACE FUNCTION tasker_pgmq.drop_functions(queue_name text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := lower(queue_name);
BEGIN
  IF tasker_pgmq.own_function('take', queue_name) IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('DROP FUNCTION IF EXISTS tasker_pgmq.%I(integer, integer), tasker_pgmq.%I(integer), tasker_pgmq.%I(oid, integer)',
    'read/' || name, 'pop/' || name, 'take/' || name);
EXCEPTION WHEN insufficient_privilege THEN
  NULL;
END $$;
