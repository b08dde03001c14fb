-- The schema of pg_partman, quoted: it may be installed in any.
CREATE OR REPLACE FUNCTION tasker_pgmq.partman_schema()
RETURNS text LANGUAGE sql STABLE AS $$
  SELECT quote_ident(n.nspname)
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = 'pg_partman';
$$;
