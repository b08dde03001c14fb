-- Whose pgmq: the extension where the server offers it, else our own; what somebody else installed is used as it is.
-- Ours is recognized by its comment, so it is found again after a restore, and is given up when the extension
-- took its place.
DO $$
DECLARE
  mark CONSTANT text := 'pgmq, SQL only, installed by tasker-core';
BEGIN
  IF to_regnamespace('pgmq') IS NULL THEN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgmq') THEN
      CREATE EXTENSION pgmq;
    ELSE
      CREATE SCHEMA pgmq;
      EXECUTE format('COMMENT ON SCHEMA pgmq IS %L', mark);
    END IF;
  END IF;

  UPDATE tasker.installation
     SET pgmq = CASE
         WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'pgmq') THEN 'extension'
         WHEN obj_description(to_regnamespace('pgmq'), 'pg_namespace') = mark THEN 'own'
         ELSE 'foreign'
     END;
END $$;
