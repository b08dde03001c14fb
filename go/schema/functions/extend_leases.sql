-- The heartbeat: makes messages invisible for lease_seconds from now on. Only while a message's read_ct is still the
-- one this worker got: a worker that lost its lease cannot break the next owner's. Gives the msg_ids still its own.
CREATE FUNCTION tasker.extend_leases(namespace text, lease_seconds integer, msg_ids bigint[], read_cts integer[])
RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format($sql$
    WITH locked AS (
      SELECT q.msg_id FROM %1$s q JOIN unnest($1, $2) AS mine (msg_id, read_ct) USING (msg_id, read_ct)
       ORDER BY q.msg_id FOR UPDATE OF q)
    UPDATE %1$s q SET vt = clock_timestamp() + make_interval(secs => $3)
      FROM locked WHERE q.msg_id = locked.msg_id RETURNING q.msg_id $sql$, tasker.queue_table(namespace))
    USING msg_ids, read_cts, lease_seconds;
END
$$;
