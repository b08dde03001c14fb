ALTER TABLE tasker.step_transitions DROP CONSTRAINT move_is_legal;
ALTER TABLE tasker.task_transitions DROP CONSTRAINT move_is_legal;
DROP TABLE tasker.retention, tasker.suspects, tasker.pauses;
ALTER TABLE tasker.dead_letters ADD CONSTRAINT one_dead_letter_per_message UNIQUE (queue_name, msg_id);

DROP INDEX tasker.steps_ready, tasker.steps_waiting_for_retry, tasker.steps_handed_out, tasker.steps_in_error;
ALTER TABLE tasker.steps DROP COLUMN paused;
CREATE INDEX steps_ready ON tasker.steps (namespace_id, rank, step_id)
  WHERE state = 'pending' AND unmet_dependencies = 0;
CREATE INDEX steps_waiting_for_retry ON tasker.steps (namespace_id, due_at)
  WHERE state = 'waiting_for_retry';
CREATE INDEX steps_handed_out ON tasker.steps (namespace_id)
  WHERE state IN ('enqueued', 'in_progress');

DROP INDEX tasker.tasks_open, tasker.tasks_idempotency_key;
ALTER TABLE tasker.tasks DROP COLUMN paused, DROP COLUMN key_scope, DROP COLUMN key_held;
CREATE UNIQUE INDEX tasks_idempotency_key ON tasker.tasks (namespace_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

ALTER TABLE tasker.namespaces DROP COLUMN paused, DROP COLUMN crash_budget;
ALTER TABLE tasker.installation DROP COLUMN paused;
