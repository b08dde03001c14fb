-- Locks what makes these requests the same as earlier ones, their request ids and idempotency keys, until the
-- transaction ends, in one order for everybody. A patient caller waits; a tick only tries. Gives the ordinals whose
-- keys are all held. A server has room for some thousands of locks, everybody's together: no more of them are taken at once.
CREATE FUNCTION tasker.lock_request_keys(namespace_ids integer[], request_ids uuid[], keys text[], patient boolean)
RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE
  held    integer[];
  missed  integer[] := '{}';
  wanted  record;
  many    bigint := (SELECT count(*) FROM generate_subscripts(keys, 1) n WHERE keys[n] IS NOT NULL OR request_ids[n] IS NOT NULL);
BEGIN
  IF many > 5000 THEN
    RAISE EXCEPTION 'keys of % requests at once, at most 5000 can be locked: take them in slices, each in a transaction of its own', many
      USING ERRCODE = 'TK400';
  END IF;
  FOR wanted IN
    SELECT hashtextextended(k.key, 0) AS lock, array_agg(k.ordinal) AS ordinals
      FROM (SELECT n AS ordinal, 'tasker request ' || request_ids[n] AS key FROM generate_subscripts(keys, 1) n
            UNION ALL
            SELECT n, 'tasker key ' || namespace_ids[n] || ' ' || keys[n] FROM generate_subscripts(keys, 1) n) k
     WHERE k.key IS NOT NULL GROUP BY lock ORDER BY lock
  LOOP
    IF patient THEN
      PERFORM pg_advisory_xact_lock(wanted.lock);
    ELSIF NOT pg_try_advisory_xact_lock(wanted.lock) THEN
      missed := missed || wanted.ordinals;
    END IF;
  END LOOP;
  SELECT coalesce(array_agg(n), '{}') INTO held FROM generate_subscripts(keys, 1) n WHERE n <> ALL (missed);
  RETURN held;
END
$$;
