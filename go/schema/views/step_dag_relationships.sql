-- The graph of every task: for each step its parents and children, and how far it is from the beginning by the shortest
-- path. Ask for one task: WHERE task_id = …; then it costs that task's steps and edges, however many tasks there are.
-- Columns keep the names users of the older systems know; named_step_id is the step's place in its template.
CREATE VIEW tasker.step_dag_relationships AS
SELECT s.step_id AS workflow_step_id, s.task_id, s.position AS named_step_id,
       parents.ids AS parent_step_ids, children.ids AS child_step_ids, cardinality(g.parents)::bigint AS parent_count,
       cardinality(g.children)::bigint AS child_count, g.parents = '{}' AS is_root_step, g.children = '{}' AS is_leaf_step,
       d.shortest AS min_depth_from_root
  FROM tasker.tasks t
 CROSS JOIN LATERAL tasker.dependency_depths(t.task_id) d
  JOIN tasker.steps s ON s.step_id = d.step_id AND s.task_id = t.task_id
  JOIN tasker.template_steps g ON g.template_id = t.template_id AND g.position = s.position
 CROSS JOIN LATERAL (
   SELECT coalesce(jsonb_agg(p.step_id ORDER BY p.step_id), '[]') AS ids
     FROM unnest(g.parents) AS place
    CROSS JOIN LATERAL (SELECT step_id FROM tasker.steps WHERE task_id = t.task_id AND position = place OFFSET 0) p OFFSET 0) parents
 CROSS JOIN LATERAL (
   SELECT coalesce(jsonb_agg(c.step_id ORDER BY c.step_id), '[]') AS ids
     FROM unnest(g.children) AS place
    CROSS JOIN LATERAL (SELECT step_id FROM tasker.steps WHERE task_id = t.task_id AND position = place OFFSET 0) c OFFSET 0) children;
