-- In how many seconds the next step is due that waits for its start or for a retry; null when none waits. What is paused
-- waits for nobody.
CREATE FUNCTION tasker.next_due() RETURNS float8
LANGUAGE plpgsql VOLATILE SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  namespace integer;
  soonest   timestamptz;
BEGIN
  FOR namespace IN SELECT tasker.ready_namespaces() LOOP
    CONTINUE WHEN tasker.is_paused(namespace);
    soonest := least(soonest,
      (SELECT due_at FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND NOT paused AND is_due LIMIT 1),
      (SELECT due_at FROM tasker.steps
        WHERE namespace_id = namespace AND state = 'waiting_for_retry' AND NOT paused AND NOT is_due ORDER BY due_at LIMIT 1));
  END LOOP;
  RETURN extract(epoch FROM soonest - clock_timestamp());
END
$$;
