-- What control, recovery and identity need beside the tables: flags that say paused, keys that are held only while a
-- task is open, and a wall against moves that nobody may make.

ALTER TABLE tasker.installation ADD COLUMN paused boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tasker.installation.paused IS 'everything is paused: nothing is handed out, nothing may start';

ALTER TABLE tasker.namespaces
  ADD COLUMN paused       boolean NOT NULL DEFAULT false,
  ADD COLUMN crash_budget integer NOT NULL DEFAULT 10,
  ADD CONSTRAINT one_loss_is_affordable CHECK (crash_budget >= 1);
COMMENT ON COLUMN tasker.namespaces.crash_budget IS 'how many lost workers make a step fail as worker_lost';

ALTER TABLE tasker.tasks
  ADD COLUMN paused    boolean NOT NULL DEFAULT false,
  ADD COLUMN key_scope text    NOT NULL DEFAULT 'forever',
  ADD COLUMN key_held  boolean NOT NULL DEFAULT true,
  ADD CONSTRAINT key_scope_is_known CHECK (key_scope IN ('forever', 'open'));
COMMENT ON COLUMN tasker.tasks.key_scope IS 'how long its idempotency key is held: for ever, or only while it is open';
COMMENT ON COLUMN tasker.tasks.key_held IS 'a column of its own, so that a change of state alone touches no index';

DROP INDEX tasker.tasks_idempotency_key;
CREATE UNIQUE INDEX tasks_idempotency_key ON tasker.tasks (namespace_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL AND key_held;
CREATE INDEX tasks_open ON tasker.tasks (namespace_id, created_at)               -- operators: what is under way
  WHERE completed_at IS NULL;

-- A paused task's steps say so themselves, so that whoever looks for work never sees them.
ALTER TABLE tasker.steps ADD COLUMN paused boolean NOT NULL DEFAULT false;
DROP INDEX tasker.steps_ready, tasker.steps_waiting_for_retry, tasker.steps_handed_out;
CREATE INDEX steps_ready ON tasker.steps (namespace_id, rank, step_id)           -- enqueue: the next ones by rank
  WHERE state = 'pending' AND unmet_dependencies = 0 AND NOT paused;
CREATE INDEX steps_waiting_for_retry ON tasker.steps (namespace_id, due_at)      -- enqueue: retries that are due
  WHERE state = 'waiting_for_retry' AND NOT paused;
CREATE INDEX steps_handed_out ON tasker.steps (namespace_id)                     -- enqueue: room in the window; sweep
  WHERE state IN ('enqueued', 'in_progress') AND NOT paused;
CREATE INDEX steps_in_error ON tasker.steps (namespace_id, completed_at)         -- operators: what failed
  WHERE state = 'error';

-- Pausing is not a move, so it has a history of its own. Neither a namespace nor a task: everything.
CREATE TABLE tasker.pauses (
  pause_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  namespace_id integer     REFERENCES tasker.namespaces,
  task_id      uuid        REFERENCES tasker.tasks ON DELETE CASCADE,
  paused       boolean     NOT NULL,
  at           timestamptz NOT NULL,
  actor        text        NOT NULL,
  reason       text,
  CONSTRAINT one_thing_at_a_time CHECK (namespace_id IS NULL OR task_id IS NULL)
);
CREATE INDEX pauses_task ON tasker.pauses (task_id) WHERE task_id IS NOT NULL;

-- Steps that the sweep found without a living message, until it looks again.
CREATE TABLE tasker.suspects (
  step_id      bigint      PRIMARY KEY REFERENCES tasker.steps ON DELETE CASCADE,
  namespace_id integer     NOT NULL,
  attempt      integer     NOT NULL,
  msg_id       bigint      NOT NULL,
  since        timestamptz NOT NULL
);
CREATE INDEX suspects_since ON tasker.suspects (namespace_id, since);            -- sweep: the second look

-- A queue that was made anew by somebody else counts from one again; no dead letter may be lost to that.
ALTER TABLE tasker.dead_letters DROP CONSTRAINT one_dead_letter_per_message;

-- How far the deletion of finished tasks has come, so that tasks which are older and still open are not read again by
-- every batch.
CREATE TABLE tasker.retention (
  only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT there_is_one_retention CHECK (only_row),
  read_upto uuid    NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
INSERT INTO tasker.retention DEFAULT VALUES;

-- The legal moves, as in go/tasker/transition.go. The history is the wall: no other move can be written down.
ALTER TABLE tasker.task_transitions ADD CONSTRAINT move_is_legal CHECK ((from_state, to_state) IN (
  ('pending', 'in_progress'), ('pending', 'complete'), ('pending', 'cancelled'), ('pending', 'resolved_manually'),
  ('in_progress', 'complete'), ('in_progress', 'error'), ('in_progress', 'cancelled'),
  ('in_progress', 'resolved_manually'), ('error', 'in_progress'), ('error', 'resolved_manually')));
ALTER TABLE tasker.step_transitions ADD CONSTRAINT move_is_legal CHECK ((from_state, to_state) IN (
  ('pending', 'enqueued'), ('pending', 'cancelled'), ('pending', 'skipped'), ('pending', 'resolved_manually'),
  ('enqueued', 'in_progress'), ('enqueued', 'complete'), ('enqueued', 'waiting_for_retry'), ('enqueued', 'error'),
  ('enqueued', 'cancelled'), ('enqueued', 'skipped'), ('enqueued', 'resolved_manually'),
  ('in_progress', 'enqueued'), ('in_progress', 'complete'), ('in_progress', 'waiting_for_retry'),
  ('in_progress', 'error'), ('in_progress', 'cancelled'), ('in_progress', 'skipped'),
  ('in_progress', 'resolved_manually'),
  ('waiting_for_retry', 'enqueued'), ('waiting_for_retry', 'cancelled'), ('waiting_for_retry', 'skipped'),
  ('waiting_for_retry', 'resolved_manually'),
  ('error', 'pending'), ('error', 'skipped'), ('error', 'resolved_manually')));
