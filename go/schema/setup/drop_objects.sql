-- Takes away every trigger, view and function of ours, so that the files that follow need no order and may change
-- signatures. Nothing is cascaded: when an object of the user's depends on one of ours, PostgreSQL names it and the
-- migrate is rolled back.

-- What an administrator granted or revoked must outlive the replacement.
CREATE TEMPORARY TABLE tasker_privileges ON COMMIT DROP AS
SELECT 'ROUTINE' AS kind, oid::regprocedure::text AS name, proacl AS privileges
  FROM pg_proc
 WHERE pronamespace = to_regnamespace('tasker') AND proacl IS NOT NULL
UNION ALL
SELECT 'TABLE', oid::regclass::text, relacl
  FROM pg_class
 WHERE relnamespace = to_regnamespace('tasker') AND relkind = 'v' AND relacl IS NOT NULL;

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
    -- One statement for all of a kind: they may depend on one another.
    (SELECT 'DROP VIEW ' || string_agg(oid::regclass::text, ', ')
       FROM pg_class
      WHERE relnamespace = to_regnamespace('tasker') AND relkind = 'v')
    UNION ALL
    (SELECT 'DROP ROUTINE ' || string_agg(oid::regprocedure::text, ', ')
       FROM pg_proc
      WHERE pronamespace = to_regnamespace('tasker'))
  LOOP
    IF statement IS NOT NULL THEN
      EXECUTE statement;
    END IF;
  END LOOP;
END $$;
