-- Gives back what remember.sql remembered, to the objects that still exist under the same name and arguments.
DO $$
DECLARE
  object record;
  entry  record;
BEGIN
  FOR object IN
    SELECT kind, name, privileges FROM pg_temp.tasker_privileges
     WHERE CASE kind WHEN 'ROUTINE' THEN to_regprocedure(name) IS NOT NULL ELSE to_regclass(name) IS NOT NULL END
  LOOP
    EXECUTE format('REVOKE ALL ON %s %s FROM PUBLIC', object.kind, object.name);
    FOR entry IN SELECT grantee, privilege_type, is_grantable FROM aclexplode(object.privileges) LOOP
      EXECUTE format('GRANT %s ON %s %s TO %s%s', entry.privilege_type, object.kind, object.name,
        CASE entry.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(entry.grantee)) END,
        CASE WHEN entry.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
    END LOOP;
  END LOOP;
END $$;
