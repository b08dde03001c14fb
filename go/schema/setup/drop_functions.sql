-- Takes away every function of ours: signatures changed, and a function with another result cannot be replaced.
DO $$
DECLARE
  routines text;
BEGIN
  SELECT string_agg(oid::regprocedure::text, ', ') INTO routines FROM pg_proc WHERE pronamespace = to_regnamespace('tasker');
  IF routines IS NOT NULL THEN
    EXECUTE 'DROP ROUTINE ' || routines;
  END IF;
END $$;
