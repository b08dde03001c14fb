DROP TABLE tasker.events, tasker.checkpoints;
DROP INDEX tasker.steps_due, tasker.steps_waiting_for_retry;
CREATE INDEX steps_waiting_for_retry ON tasker.steps (namespace_id, due_at)
  WHERE state = 'waiting_for_retry' AND NOT paused;
ALTER TABLE tasker.steps DROP COLUMN reply_id, DROP COLUMN reply, DROP COLUMN results_size, DROP COLUMN is_due;
