-- By which column a table is partitioned: an interval that is a whole number counts messages, any other is a span of time.
CREATE OR REPLACE FUNCTION tasker_pgmq.partition_column(partition_interval text, time_column text)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM partition_interval::integer;
  RETURN 'msg_id';
EXCEPTION WHEN invalid_text_representation OR numeric_value_out_of_range THEN
  RETURN time_column;
END $$;
