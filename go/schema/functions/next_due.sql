-- In how many seconds the next step is due that waits for its start or for a retry; null when none waits.
CREATE FUNCTION tasker.next_due() RETURNS float8
LANGUAGE plpgsql VOLATILE SET jit = off SET enable_seqscan = off AS $$
BEGIN
  RETURN (
    SELECT extract(epoch FROM min(first.due_at) - clock_timestamp())::float8
      FROM tasker.namespaces n
     CROSS JOIN LATERAL (
       (SELECT s.due_at FROM tasker.steps s
         WHERE s.namespace_id = n.namespace_id AND s.state = 'waiting_for_retry' AND NOT s.paused AND s.is_due LIMIT 1)
       UNION ALL
       (SELECT s.due_at FROM tasker.steps s
         WHERE s.namespace_id = n.namespace_id AND s.state = 'waiting_for_retry' AND NOT s.paused AND NOT s.is_due
         ORDER BY s.due_at LIMIT 1)) first
     WHERE NOT tasker.is_paused(n.namespace_id));
END
$$;
