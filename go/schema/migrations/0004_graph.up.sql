-- The graph is the template's: tasks of one template need not each write it down. And histories cost two index entries
-- and a look at what they belong to for every move; now it is one entry.

CREATE TABLE tasker.template_steps (
  template_id  integer   NOT NULL REFERENCES tasker.templates ON DELETE CASCADE,
  position     integer   NOT NULL,
  recipe       jsonb     NOT NULL,
  parents      integer[] NOT NULL,
  children     integer[] NOT NULL,
  name         text      NOT NULL GENERATED ALWAYS AS (recipe ->> 'name') STORED,
  max_attempts integer   NOT NULL GENERATED ALWAYS AS ((recipe ->> 'max_attempts')::integer) STORED,
  retryable    boolean   NOT NULL GENERATED ALWAYS AS ((recipe ->> 'retryable')::boolean) STORED,
  skippable    boolean   NOT NULL GENERATED ALWAYS AS ((recipe ->> 'skippable')::boolean) STORED,
  PRIMARY KEY (template_id, position)
);
COMMENT ON TABLE tasker.template_steps IS 'what the definitions say, a row for each step: see tasker.unfold_template';
COMMENT ON COLUMN tasker.template_steps.position IS 'index of the step in the definition';
COMMENT ON COLUMN tasker.template_steps.recipe IS 'the step as the definition has it';
COMMENT ON COLUMN tasker.template_steps.parents IS 'positions of the steps that it waits for';
COMMENT ON COLUMN tasker.template_steps.children IS 'positions of the steps that wait for it';

WITH listed AS MATERIALIZED (
  SELECT t.template_id, (r.n - 1)::integer AS position, r.recipe, r.recipe ->> 'name' AS name
    FROM tasker.templates t CROSS JOIN LATERAL jsonb_array_elements(t.definition -> 'steps') WITH ORDINALITY AS r (recipe, n)),
edges AS MATERIALIZED (
  SELECT child.template_id, parent.position AS parent, child.position AS child
    FROM listed child
   CROSS JOIN LATERAL jsonb_array_elements_text(child.recipe -> 'depends_on') AS d (name)
    JOIN listed parent ON parent.template_id = child.template_id AND parent.name = d.name)
INSERT INTO tasker.template_steps (template_id, position, recipe, parents, children)
SELECT l.template_id, l.position, l.recipe,
       ARRAY(SELECT e.parent FROM edges e WHERE e.template_id = l.template_id AND e.child = l.position ORDER BY 1),
       ARRAY(SELECT e.child FROM edges e WHERE e.template_id = l.template_id AND e.parent = l.position ORDER BY 1)
  FROM listed l ORDER BY l.template_id, l.position;
DROP TABLE tasker.edges;

-- A task has the steps of its template, whose names differ.
ALTER TABLE tasker.steps DROP CONSTRAINT one_step_per_name, ADD CONSTRAINT one_step_per_position UNIQUE (task_id, position);

ALTER TABLE tasker.step_transitions
  DROP CONSTRAINT step_transitions_pkey, ADD PRIMARY KEY (step_id, transition_id), DROP CONSTRAINT step_transitions_step_id_fkey;
DROP INDEX tasker.step_transitions_step;
ALTER TABLE tasker.task_transitions
  DROP CONSTRAINT task_transitions_pkey, ADD PRIMARY KEY (task_id, transition_id), DROP CONSTRAINT task_transitions_task_id_fkey;
DROP INDEX tasker.task_transitions_task;
