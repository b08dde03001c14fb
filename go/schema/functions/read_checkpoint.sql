-- How far the last run of a step came that saved it: see save_checkpoint. Null when none did.
CREATE FUNCTION tasker.read_checkpoint(step_id bigint) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT c.value FROM tasker.checkpoints c WHERE c.step_id = read_checkpoint.step_id
$$;
