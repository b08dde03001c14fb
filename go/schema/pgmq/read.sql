-- Leases up to qty visible messages for vt seconds, lowest id first: each goes to one reader and comes back if it is
-- not deleted or archived in time. With a condition, only messages that contain it.
CREATE OR REPLACE FUNCTION pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb DEFAULT '{}')
RETURNS SETOF pgmq.message_record LANGUAGE plpgsql AS $$
DECLARE
  own text := tasker_pgmq.own_function('read', queue_name);
BEGIN
  IF conditional <> '{}' OR qty IS NULL OR qty NOT BETWEEN 1 AND 10000 OR own IS NULL THEN
    RETURN QUERY SELECT * FROM tasker_pgmq.read_scanning(pgmq.format_table_name(queue_name, 'q'), vt, qty, conditional);
  ELSE
    RETURN QUERY EXECUTE 'SELECT * FROM ' || own || '($1, $2)' USING vt, qty;
  END IF;
END $$;
