-- By what a task is paused, by whom and why: everything, its namespace, the task itself, in this order; no row when it
-- is not. Without a task, what pauses the namespace; without both, what pauses everything.
CREATE FUNCTION tasker.explain_pauses(namespace integer, task uuid)
RETURNS TABLE (code text, since timestamptz, explanation text)
LANGUAGE sql STABLE AS $$
  SELECT p.code, h.at,
         format('Paused: %s was paused%s%s. Resume it: SELECT tasker.%s', p.what,
                ' at ' || tasker.in_utc(h.at) || ' by ' || h.actor, ' (' || h.reason || ')', p.remedy)
    FROM (SELECT 1 AS rank, 'everything_paused' AS code, 'everything' AS what, NULL::integer AS namespace_id, NULL::uuid AS task_id,
                 'resume_everything(''you'')' AS remedy
            FROM tasker.installation i WHERE i.paused
          UNION ALL
          SELECT 2, 'namespace_paused', 'namespace ' || n.name, n.namespace_id, NULL, format('resume_namespace(%L, ''you'')', n.name)
            FROM tasker.namespaces n WHERE n.namespace_id = namespace AND n.paused
          UNION ALL
          SELECT 3, 'task_paused', 'its task', NULL, t.task_id, format('resume_task(%L, ''you'')', t.task_id)
            FROM tasker.tasks t WHERE t.task_id = task AND t.paused) p
    LEFT JOIN LATERAL (
      SELECT h.at, h.actor, h.reason FROM tasker.pauses h
       WHERE h.paused AND CASE WHEN p.task_id IS NULL
                               THEN h.task_id IS NULL AND h.namespace_id IS NOT DISTINCT FROM p.namespace_id END
       ORDER BY h.pause_id DESC LIMIT 1) of_many ON p.task_id IS NULL
    LEFT JOIN LATERAL (
      SELECT h.at, h.actor, h.reason FROM tasker.pauses h
       WHERE h.task_id = p.task_id AND h.paused ORDER BY h.pause_id DESC LIMIT 1) of_one ON true
   CROSS JOIN LATERAL (
     SELECT coalesce(of_one.at, of_many.at) AS at, coalesce(of_one.actor, of_many.actor) AS actor,
            CASE WHEN of_one.at IS NULL THEN of_many.reason ELSE of_one.reason END AS reason) h
   ORDER BY p.rank
$$;
