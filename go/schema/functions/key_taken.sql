-- Whether a task in error cannot be reopened because another one holds its idempotency key by now: see key_holders.
CREATE FUNCTION tasker.key_taken(task_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM tasker.key_holders(ARRAY[key_taken.task_id]));
END
$$;
