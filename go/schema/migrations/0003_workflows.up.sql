-- What handlers leave behind beside their results: how far one has come, and what it told of on the way.

CREATE TABLE tasker.checkpoints (
  step_id  bigint      PRIMARY KEY REFERENCES tasker.steps ON DELETE CASCADE,
  attempt  integer     NOT NULL,
  value    jsonb       NOT NULL,
  saved_at timestamptz NOT NULL
);
COMMENT ON COLUMN tasker.checkpoints.attempt IS 'which attempt saved it; the next one goes on from there';

CREATE TABLE tasker.events (
  event_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id  uuid        NOT NULL REFERENCES tasker.tasks ON DELETE CASCADE,
  step_id  bigint      NOT NULL,  -- goes only with its task, so it needs no reference of its own
  attempt  integer     NOT NULL,
  name     text        NOT NULL,
  payload  jsonb       NOT NULL,
  at       timestamptz NOT NULL,
  CONSTRAINT name_is_short CHECK (length(name) BETWEEN 1 AND 128),
  CONSTRAINT payload_is_an_object CHECK (jsonb_typeof(payload) = 'object')
);
CREATE INDEX events_task ON tasker.events (task_id);                             -- the events of a task; retention
COMMENT ON TABLE tasker.events IS 'what the handlers of accepted results told of, in the order in which it was accepted';

-- A reply by tasker.reply has taken effect in the handler's own transaction; nobody may call its attempt off any more.
ALTER TABLE tasker.steps ADD COLUMN reply_id bigint, ADD COLUMN reply jsonb;
COMMENT ON COLUMN tasker.steps.reply_id IS 'the message on the results queue that tasker.reply sent for it: see tasker.apply_replies';
COMMENT ON COLUMN tasker.steps.reply IS 'that message, as long as it is not applied: it counts also when its queue is lost';

-- How large a result is, so that the bound of a sequence need not print it again for every step behind it. Computed only
-- when the result itself is written.
ALTER TABLE tasker.steps ADD COLUMN results_size integer GENERATED ALWAYS AS (octet_length(results::text)) STORED;
COMMENT ON COLUMN tasker.steps.results_size IS 'bytes of its results as text: see tasker.step_sequences';

-- No index knows the time. Where more starts and retries are due than a hand-out looks at, they are marked, and stand in the
-- order of rank like everything else that is ready.
ALTER TABLE tasker.steps ADD COLUMN is_due boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tasker.steps.is_due IS 'of a step that waits: its time was seen to have come, see tasker.mark_due';
DROP INDEX tasker.steps_waiting_for_retry;
CREATE INDEX steps_waiting_for_retry ON tasker.steps (namespace_id, due_at)      -- enqueue: starts and retries that are due
  WHERE state = 'waiting_for_retry' AND NOT paused AND NOT is_due;
CREATE INDEX steps_due ON tasker.steps (namespace_id, rank, step_id)             -- enqueue: the next ones of many that are due
  WHERE state = 'waiting_for_retry' AND NOT paused AND is_due;
