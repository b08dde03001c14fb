-- The graph of every task: for each step its parents and children, and how far it is from the beginning by the shortest
-- path. Ask for one task: WHERE task_id = …; then it costs that task's steps and edges, however many tasks there are.
-- Columns keep the names users of the older systems know; named_step_id is the step's place in its template.
CREATE VIEW tasker.step_dag_relationships AS
SELECT s.step_id AS workflow_step_id, s.task_id, s.position AS named_step_id,
       parents.ids AS parent_step_ids, children.ids AS child_step_ids, parents.count AS parent_count,
       children.count AS child_count, parents.count = 0 AS is_root_step, children.count = 0 AS is_leaf_step,
       d.shortest AS min_depth_from_root
  FROM tasker.tasks t
 CROSS JOIN LATERAL tasker.dependency_depths(t.task_id) d
  JOIN tasker.steps s ON s.step_id = d.step_id AND s.task_id = t.task_id
 CROSS JOIN LATERAL (
   SELECT coalesce(jsonb_agg(e.parent_step_id ORDER BY e.parent_step_id), '[]') AS ids, count(*) AS count
     FROM tasker.edges e WHERE e.child_step_id = s.step_id OFFSET 0) parents
 CROSS JOIN LATERAL (
   SELECT coalesce(jsonb_agg(e.child_step_id ORDER BY e.child_step_id), '[]') AS ids, count(*) AS count
     FROM tasker.edges e WHERE e.parent_step_id = s.step_id OFFSET 0) children;
