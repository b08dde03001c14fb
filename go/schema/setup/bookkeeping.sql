-- The two tables that migrate itself needs: which migrations ran, and which build was installed last.

-- Everything in schema tasker is dropped and made again by migrate, so a schema of that name that somebody
-- else filled must not be touched.
DO $$
BEGIN
  IF to_regclass('tasker.installation') IS NULL AND EXISTS (
    SELECT FROM pg_class WHERE relnamespace = to_regnamespace('tasker')
    UNION ALL
    SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('tasker')
  ) THEN
    RAISE EXCEPTION 'schema "tasker" is in use by something that is not tasker-core'
      USING HINT = 'Rename that schema (ALTER SCHEMA tasker RENAME TO ...) or use another database.';
  END IF;
END $$;

CREATE SCHEMA IF NOT EXISTS tasker;
COMMENT ON SCHEMA tasker IS 'Workflows of tasker-core: functions and views here are replaced whole by every migrate.';

CREATE TABLE IF NOT EXISTS tasker.migrations (
  number     integer     PRIMARY KEY,
  name       text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS tasker.installation (
  only_row     boolean     PRIMARY KEY DEFAULT true CONSTRAINT there_is_one_installation CHECK (only_row),
  digest       text        NOT NULL DEFAULT '',
  pgmq         text        CONSTRAINT pgmq_is_the_extension_or_ours_or_somebody_elses
                           CHECK (pgmq IN ('extension', 'own', 'foreign')),
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN tasker.installation.digest IS 'sha256 of all SQL of the build that migrated last';
COMMENT ON COLUMN tasker.installation.pgmq IS 'whose schema pgmq is: the extension''s, our own SQL-only one, or one we found';

INSERT INTO tasker.installation DEFAULT VALUES ON CONFLICT DO NOTHING;
