-- What was installed last: the digest of the build's SQL and the highest migration.
SELECT installation.digest,
       (SELECT coalesce(max(number), 0) FROM tasker.migrations)
  FROM tasker.installation
