-- Takes away the functions that no file installed again.
DO $$
DECLARE
  routines text;
BEGIN
  SELECT string_agg(p.oid::regprocedure::text, ', ') INTO routines
    FROM pg_proc p JOIN pg_temp.tasker_functions f ON f.id = p.oid AND f.installed_by = p.xmin
   WHERE pronamespace = to_regnamespace('tasker');
  IF routines IS NOT NULL THEN
    EXECUTE 'DROP ROUTINE ' || routines;
  END IF;
END $$;
