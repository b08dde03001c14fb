-- What was installed last: the digest of the build's SQL and the highest migration. No digest where there is no pgmq: a
-- backup of schema tasker alone was restored, and another migrate brings what is missing.
SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                          WHERE n.nspname = 'pgmq' AND c.relname = 'meta') THEN installation.digest ELSE '' END,
       (SELECT coalesce(max(number), 0) FROM tasker.migrations)
  FROM tasker.installation
