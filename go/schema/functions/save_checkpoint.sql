-- Keeps how far an attempt has come, so that the next run of its step, in this attempt or a later one, goes on from there:
-- one value a step, the newest. False when this attempt is not wanted any more: its handler should stop. It stays when the
-- step fails and is tried again, by itself or by an operator, and goes with the task.
-- The step is not locked beyond what the reference takes (KEY SHARE), which no tick and no operator waits for, however long
-- the caller's transaction lasts. So a step may move on in the same moment; an earlier attempt never overwrites what a
-- later one saved.
CREATE FUNCTION tasker.save_checkpoint(step_id bigint, attempt integer, value jsonb) RETURNS boolean
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  IF save_checkpoint.value IS NULL THEN
    RAISE EXCEPTION 'a checkpoint needs a value, which may be the JSON null' USING ERRCODE = 'TK400';
  ELSIF octet_length(save_checkpoint.value::text) > 65536 THEN
    RAISE EXCEPTION 'checkpoint has % bytes, at most 64 KiB are kept: store the rest elsewhere and keep a reference',
      octet_length(save_checkpoint.value::text) USING ERRCODE = 'TK400';
  END IF;
  INSERT INTO tasker.checkpoints AS c (step_id, attempt, value, saved_at)
  SELECT s.step_id, s.attempt, save_checkpoint.value, clock_timestamp() FROM tasker.steps s
   WHERE s.step_id = save_checkpoint.step_id AND s.attempt = save_checkpoint.attempt AND s.state IN ('enqueued', 'in_progress')
  ON CONFLICT (step_id) DO UPDATE SET attempt = excluded.attempt, value = excluded.value, saved_at = excluded.saved_at
   WHERE c.attempt <= excluded.attempt;
  RETURN FOUND;
END
$$;
