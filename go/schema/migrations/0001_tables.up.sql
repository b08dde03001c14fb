-- The tables of tasker-core. The current state is a column of the row; transitions are history, only ever added to.
-- Ids of tasks are UUIDs of version 7, so that a caller may know and pass them round; steps are numbered, because
-- they are only spoken of inside.

CREATE TABLE tasker.namespaces (
  namespace_id    integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name            text        NOT NULL UNIQUE,
  dispatch_window integer     NOT NULL DEFAULT 1000,
  created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT name_fits_a_queue_name CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
  CONSTRAINT window_has_room_for_one CHECK (dispatch_window >= 1)
);
COMMENT ON COLUMN tasker.namespaces.dispatch_window IS 'how many of its steps may be handed out at a time';

CREATE TABLE tasker.templates (
  template_id  integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  namespace_id integer     NOT NULL REFERENCES tasker.namespaces,
  name         text        NOT NULL,
  version      text        NOT NULL,
  digest       text        NOT NULL,
  definition   jsonb       NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT one_content_per_version UNIQUE (namespace_id, name, version),
  CONSTRAINT version_is_three_numbers CHECK (version ~ '^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$'),
  CONSTRAINT digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
);
COMMENT ON COLUMN tasker.templates.definition IS 'the normal form, never changed once tasks may lean on it';

CREATE TABLE tasker.tasks (
  task_id         uuid        PRIMARY KEY,
  template_id     integer     NOT NULL REFERENCES tasker.templates,
  namespace_id    integer     NOT NULL REFERENCES tasker.namespaces,
  state           text        NOT NULL DEFAULT 'pending',
  priority        integer     NOT NULL DEFAULT 0,
  context         jsonb       NOT NULL,
  tags            text[]      NOT NULL DEFAULT '{}',
  initiator       text,
  source_system   text,
  reason          text,
  correlation_id  text,
  request_id      uuid,
  idempotency_key text,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  completed_at    timestamptz,
  CONSTRAINT state_is_a_task_state CHECK
    (state IN ('pending', 'in_progress', 'complete', 'error', 'cancelled', 'resolved_manually')),
  CONSTRAINT completed_at_means_at_rest CHECK
    ((completed_at IS NOT NULL) = (state IN ('complete', 'error', 'cancelled', 'resolved_manually'))),
  CONSTRAINT context_is_an_object CHECK (jsonb_typeof(context) = 'object'),
  CONSTRAINT priority_within_bounds CHECK (priority BETWEEN -100 AND 100)
);
-- A request delivered twice, and a key used twice, find the task they made the first time.
CREATE UNIQUE INDEX tasks_request_id ON tasker.tasks (request_id) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX tasks_idempotency_key ON tasker.tasks (namespace_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE tasker.steps (
  step_id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id            uuid        NOT NULL REFERENCES tasker.tasks ON DELETE CASCADE,
  namespace_id       integer     NOT NULL,
  position           integer     NOT NULL,
  name               text        NOT NULL,
  state              text        NOT NULL DEFAULT 'pending',
  unmet_dependencies integer     NOT NULL,
  rank               float8      NOT NULL,
  attempt            integer     NOT NULL DEFAULT 0,
  failures           integer     NOT NULL DEFAULT 0,
  losses             integer     NOT NULL DEFAULT 0,
  due_at             timestamptz,
  msg_id             bigint,
  results            jsonb,
  error              jsonb,
  enqueued_at        timestamptz,
  started_at         timestamptz,
  completed_at       timestamptz,
  CONSTRAINT one_step_per_name UNIQUE (task_id, name),
  CONSTRAINT state_is_a_step_state CHECK
    (state IN ('pending', 'enqueued', 'in_progress', 'complete', 'waiting_for_retry', 'error', 'cancelled',
               'skipped', 'resolved_manually')),
  CONSTRAINT unmet_dependencies_never_negative CHECK (unmet_dependencies >= 0),
  CONSTRAINT due_at_means_waiting_for_retry CHECK ((due_at IS NOT NULL) = (state = 'waiting_for_retry')),
  CONSTRAINT handed_out_with_attempt_and_message CHECK
    (state NOT IN ('enqueued', 'in_progress') OR (attempt > 0 AND msg_id IS NOT NULL)),
  CONSTRAINT completed_at_means_at_rest CHECK
    ((completed_at IS NOT NULL) = (state IN ('complete', 'error', 'cancelled', 'skipped', 'resolved_manually'))),
  CONSTRAINT failures_and_losses_count_up CHECK (failures >= 0 AND losses >= 0 AND failures <= attempt)
);
COMMENT ON COLUMN tasker.steps.position IS 'index of the step in its template';
COMMENT ON COLUMN tasker.steps.unmet_dependencies IS 'how many of its parents do not satisfy it yet';
COMMENT ON COLUMN tasker.steps.rank IS 'order of dispatch, least first: see tasker.dispatch_rank';
COMMENT ON COLUMN tasker.steps.attempt IS 'the fence: rises with every hand-out, never goes back';
COMMENT ON COLUMN tasker.steps.failures IS 'answered failures; alone compared with max_attempts';
COMMENT ON COLUMN tasker.steps.losses IS 'starts on an attempt that was already in progress: its worker died';
COMMENT ON COLUMN tasker.steps.msg_id IS 'its current message on the queue of its namespace';

-- Each of these holds open steps only, so finished tasks cost the tick nothing.
CREATE INDEX steps_ready ON tasker.steps (namespace_id, rank, step_id)           -- enqueue: the next ones by rank
  WHERE state = 'pending' AND unmet_dependencies = 0;
CREATE INDEX steps_waiting_for_retry ON tasker.steps (namespace_id, due_at)      -- enqueue: retries that are due
  WHERE state = 'waiting_for_retry';
CREATE INDEX steps_handed_out ON tasker.steps (namespace_id)                     -- enqueue: room in the window
  WHERE state IN ('enqueued', 'in_progress');

CREATE TABLE tasker.edges (
  parent_step_id bigint NOT NULL REFERENCES tasker.steps ON DELETE CASCADE,
  child_step_id  bigint NOT NULL REFERENCES tasker.steps ON DELETE CASCADE,
  PRIMARY KEY (parent_step_id, child_step_id),                                   -- apply: the children of a step
  CONSTRAINT no_step_waits_for_itself CHECK (parent_step_id <> child_step_id)
);
CREATE INDEX edges_child ON tasker.edges (child_step_id, parent_step_id);        -- sequences: the parents of a step

CREATE TABLE tasker.task_transitions (
  transition_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id       uuid        NOT NULL REFERENCES tasker.tasks ON DELETE CASCADE,
  from_state    text        NOT NULL,
  to_state      text        NOT NULL,
  at            timestamptz NOT NULL,
  actor         text        NOT NULL,
  reason        text
);
CREATE INDEX task_transitions_task ON tasker.task_transitions (task_id);

CREATE TABLE tasker.step_transitions (
  transition_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  step_id       bigint      NOT NULL REFERENCES tasker.steps ON DELETE CASCADE,
  from_state    text        NOT NULL,
  to_state      text        NOT NULL,
  attempt       integer     NOT NULL,
  at            timestamptz NOT NULL,
  actor         text        NOT NULL,
  reason        text
);
CREATE INDEX step_transitions_step ON tasker.step_transitions (step_id);

CREATE TABLE tasker.dead_letters (
  dead_letter_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue_name     text        NOT NULL,
  msg_id         bigint      NOT NULL,
  read_ct        integer     NOT NULL,
  enqueued_at    timestamptz NOT NULL,
  message        jsonb,
  reason         text        NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT one_dead_letter_per_message UNIQUE (queue_name, msg_id)
);
