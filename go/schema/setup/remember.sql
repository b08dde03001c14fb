-- Remembers, until the functions and views are installed, what an administrator granted or revoked, and which functions
-- were there: the file of one that nobody installs again was deleted. Who has dropped views before remembered before.
CREATE TEMPORARY TABLE IF NOT EXISTS tasker_privileges ON COMMIT DROP AS
SELECT 'ROUTINE' AS kind, oid::regprocedure::text AS name, proacl AS privileges
  FROM pg_proc
 WHERE pronamespace = to_regnamespace('tasker') AND proacl IS NOT NULL
UNION ALL
SELECT 'TABLE', oid::regclass::text, relacl
  FROM pg_class
 WHERE relnamespace = to_regnamespace('tasker') AND relkind = 'v' AND relacl IS NOT NULL;

CREATE TEMPORARY TABLE IF NOT EXISTS tasker_functions ON COMMIT DROP AS
SELECT oid AS id, xmin AS installed_by FROM pg_proc WHERE pronamespace = to_regnamespace('tasker');
