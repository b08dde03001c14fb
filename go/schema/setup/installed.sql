-- What was installed last: the digest of the build's SQL and the highest migration. No digest where there is no pgmq, or not
-- what ours leans on: a backup of some schemas was restored, and another migrate brings what is missing.
SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                          WHERE n.nspname = 'pgmq' AND c.relname = 'meta')
             AND NOT (installation.pgmq = 'own'
                      AND EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                                   WHERE n.nspname = 'pgmq' AND p.proname = 'create_unlogged') -- it came with what it leans on
                      AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'tasker_pgmq'))
            THEN installation.digest ELSE '' END,
       (SELECT coalesce(max(number), 0) FROM tasker.migrations)
  FROM tasker.installation
