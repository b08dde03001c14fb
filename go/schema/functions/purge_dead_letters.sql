-- Removes dead letters older than an age, the oldest first and at most quantity at a time, without waiting for one that
-- somebody is replaying. Gives how many; call it again while it gives as many as it may.
CREATE FUNCTION tasker.purge_dead_letters(older_than interval, quantity integer DEFAULT 1000) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  removed bigint;
BEGIN
  IF older_than IS NULL OR older_than < interval '0' OR quantity IS NULL OR quantity < 1 THEN
    RAISE EXCEPTION 'older_than needs an interval that is not negative and quantity a number from 1' USING ERRCODE = 'TK400';
  END IF;
  DELETE FROM tasker.dead_letters WHERE dead_letter_id = ANY (ARRAY(  -- a join may look for them again for every row
    SELECT d.dead_letter_id FROM tasker.dead_letters d WHERE d.created_at <= clock_timestamp() - older_than
     ORDER BY d.dead_letter_id LIMIT quantity FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;
