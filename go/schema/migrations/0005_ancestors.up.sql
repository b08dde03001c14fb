-- What a step's message tells of the steps before it is asked for with every hand-out; which ones they are, a template knows
-- once and for all.
ALTER TABLE tasker.template_steps ADD COLUMN ancestors integer[] NOT NULL DEFAULT '{}';
ALTER TABLE tasker.template_steps ALTER COLUMN ancestors DROP DEFAULT;
COMMENT ON COLUMN tasker.template_steps.ancestors IS
  'positions of all steps that have to be done before it: its parents, ascending, then those further away, descending';

SET LOCAL jit = off;  -- which would compile for the rows that the planner fears
WITH RECURSIVE edges AS MATERIALIZED (
  SELECT template_id, position, parent FROM tasker.template_steps CROSS JOIN LATERAL unnest(parents) AS parent),
before AS (
  SELECT template_id, position, parent AS ancestor FROM edges
  UNION
  SELECT b.template_id, b.position, e.parent FROM before b JOIN edges e ON e.template_id = b.template_id AND e.position = b.ancestor)
UPDATE tasker.template_steps s
   SET ancestors = s.parents || ARRAY(
         SELECT b.ancestor FROM before b
          WHERE b.template_id = s.template_id AND b.position = s.position AND b.ancestor <> ALL (s.parents) ORDER BY b.ancestor DESC)
 WHERE cardinality(s.parents) > 0;

-- The same moves as before. A constraint is read anew by every statement that it guards, and fifty comparisons took longer
-- to read than a row to write.
ALTER TABLE tasker.task_transitions DROP CONSTRAINT move_is_legal, ADD CONSTRAINT move_is_legal CHECK (from_state || ' ' || to_state = ANY (
  '{pending in_progress, pending complete, pending cancelled, pending resolved_manually,
    in_progress complete, in_progress error, in_progress cancelled, in_progress resolved_manually,
    error in_progress, error resolved_manually}'));
ALTER TABLE tasker.step_transitions DROP CONSTRAINT move_is_legal, ADD CONSTRAINT move_is_legal CHECK (from_state || ' ' || to_state = ANY (
  '{pending enqueued, pending cancelled, pending skipped, pending resolved_manually,
    enqueued in_progress, enqueued complete, enqueued waiting_for_retry, enqueued error,
    enqueued cancelled, enqueued skipped, enqueued resolved_manually,
    in_progress enqueued, in_progress complete, in_progress waiting_for_retry, in_progress error,
    in_progress cancelled, in_progress skipped, in_progress resolved_manually,
    waiting_for_retry enqueued, waiting_for_retry cancelled, waiting_for_retry skipped, waiting_for_retry resolved_manually,
    error pending, error skipped, error resolved_manually}'));
