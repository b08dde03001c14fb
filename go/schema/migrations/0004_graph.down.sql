ALTER TABLE tasker.task_transitions DROP CONSTRAINT task_transitions_pkey;
ALTER TABLE tasker.task_transitions ADD PRIMARY KEY (transition_id), ADD FOREIGN KEY (task_id) REFERENCES tasker.tasks ON DELETE CASCADE;
CREATE INDEX task_transitions_task ON tasker.task_transitions (task_id);
ALTER TABLE tasker.step_transitions DROP CONSTRAINT step_transitions_pkey;
ALTER TABLE tasker.step_transitions ADD PRIMARY KEY (transition_id), ADD FOREIGN KEY (step_id) REFERENCES tasker.steps ON DELETE CASCADE;
CREATE INDEX step_transitions_step ON tasker.step_transitions (step_id);
ALTER TABLE tasker.steps DROP CONSTRAINT one_step_per_position, ADD CONSTRAINT one_step_per_name UNIQUE (task_id, name);

CREATE TABLE tasker.edges (
  parent_step_id bigint NOT NULL REFERENCES tasker.steps ON DELETE CASCADE,
  child_step_id  bigint NOT NULL REFERENCES tasker.steps ON DELETE CASCADE,
  PRIMARY KEY (parent_step_id, child_step_id),
  CONSTRAINT no_step_waits_for_itself CHECK (parent_step_id <> child_step_id)
);
INSERT INTO tasker.edges (parent_step_id, child_step_id)
SELECT parent.step_id, child.step_id
  FROM tasker.steps child
  JOIN tasker.tasks t USING (task_id)
  JOIN tasker.template_steps s ON s.template_id = t.template_id AND s.position = child.position
  JOIN tasker.steps parent ON parent.task_id = child.task_id AND parent.position = ANY (s.parents);
CREATE INDEX edges_child ON tasker.edges (child_step_id, parent_step_id);
DROP TABLE tasker.template_steps;
