-- Takes away every trigger and view of ours, so that the files that follow need no order. Nothing is cascaded: when an
-- object of the user's depends on one of ours, PostgreSQL names it and the migrate is rolled back.
DO $$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
      FROM pg_trigger
      JOIN pg_proc ON pg_proc.oid = tgfoid
     WHERE pronamespace = to_regnamespace('tasker') AND NOT tgisinternal AND tgparentid = 0
    UNION ALL
    -- One statement for all: they may depend on one another.
    (SELECT 'DROP VIEW ' || string_agg(oid::regclass::text, ', ')
       FROM pg_class
      WHERE relnamespace = to_regnamespace('tasker') AND relkind = 'v')
  LOOP
    IF statement IS NOT NULL THEN
      EXECUTE statement;
    END IF;
  END LOOP;
END $$;
