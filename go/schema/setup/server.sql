-- What kind of server this is, whether it was ever migrated, and by a build that knew of faces. The catalog is read as
-- tables: to_regclass would answer from this session's cache, which still says no after it has waited under migrate's lock
-- for the one that made everything.
SELECT pg_is_in_recovery(),
       current_setting('server_version_num')::integer,
       current_setting('server_version'),
       EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'tasker' AND c.relname = 'installation'),
       EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'tasker' AND p.proname = 'face')
