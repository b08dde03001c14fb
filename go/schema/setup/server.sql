-- What kind of server this is, and whether it was ever migrated.
SELECT pg_is_in_recovery(),
       current_setting('server_version_num')::integer,
       current_setting('server_version'),
       to_regclass('tasker.installation') IS NOT NULL
