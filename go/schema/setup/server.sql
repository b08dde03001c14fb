-- What kind of server this is, whether it was ever migrated, and by a build that knew of faces.
SELECT pg_is_in_recovery(),
       current_setting('server_version_num')::integer,
       current_setting('server_version'),
       to_regclass('tasker.installation') IS NOT NULL,
       to_regprocedure('tasker.face()') IS NOT NULL
