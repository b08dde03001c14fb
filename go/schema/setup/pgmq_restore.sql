-- Gives the new pgmq what pgmq_save.sql kept.
INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged, created_at)
SELECT queue_name, is_partitioned, is_unlogged, created_at FROM pg_temp.tasker_pgmq_queues;

SELECT pgmq.enable_notify_insert(queue_name, throttle_interval_ms) FROM pg_temp.tasker_pgmq_throttles;

UPDATE pgmq.notify_insert_throttle t SET last_notified_at = kept.last_notified_at
  FROM pg_temp.tasker_pgmq_throttles kept
 WHERE kept.queue_name = t.queue_name;

DO $$
DECLARE
  object record;
  entry  record;
BEGIN
  FOR object IN
    SELECT kind, name, privileges FROM pg_temp.tasker_pgmq_privileges
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
