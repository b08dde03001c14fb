-- The namespaces in which steps are ready, or wait for a time: by leaps along the indexes that hold only those, so that
-- idle namespaces cost nothing, however many there are.
CREATE FUNCTION tasker.ready_namespaces() RETURNS SETOF integer
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  namespace integer := 0;
BEGIN
  LOOP
    namespace := least(
      (SELECT namespace_id FROM tasker.steps
        WHERE state = 'pending' AND unmet_dependencies = 0 AND NOT paused AND namespace_id > namespace ORDER BY namespace_id LIMIT 1),
      (SELECT namespace_id FROM tasker.steps
        WHERE state = 'waiting_for_retry' AND is_due AND NOT paused AND namespace_id > namespace ORDER BY namespace_id LIMIT 1),
      (SELECT namespace_id FROM tasker.steps
        WHERE state = 'waiting_for_retry' AND NOT is_due AND NOT paused AND namespace_id > namespace ORDER BY namespace_id LIMIT 1));
    EXIT WHEN namespace IS NULL;
    RETURN NEXT namespace;
  END LOOP;
END
$$;
