-- Writes what a template says of its steps as rows, once, when it is registered: what hot paths ask of one step costs
-- that step, not the definition, and names have become positions. The graph is walked by steps, not by paths.
CREATE FUNCTION tasker.unfold_template(template integer, definition jsonb) RETURNS void
LANGUAGE sql SET jit = off SET enable_seqscan = off AS $$
  WITH RECURSIVE listed AS MATERIALIZED (
    SELECT (n - 1)::integer AS position, recipe, recipe ->> 'name' AS name
      FROM jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS r (recipe, n)),
  edges AS MATERIALIZED (
    SELECT parent.position AS parent, child.position AS child
      FROM listed child
     CROSS JOIN LATERAL jsonb_array_elements_text(child.recipe -> 'depends_on') AS d (name)
      JOIN listed parent ON parent.name = d.name),
  before AS (
    SELECT child AS position, parent AS ancestor FROM edges
    UNION
    SELECT b.position, e.parent FROM before b JOIN edges e ON e.child = b.ancestor)
  INSERT INTO tasker.template_steps (template_id, position, recipe, parents, children, ancestors)
  SELECT template, l.position, l.recipe, coalesce(p.positions, '{}'), coalesce(c.positions, '{}'), coalesce(p.positions || f.positions, '{}')
    FROM listed l
    LEFT JOIN (SELECT child AS position, array_agg(parent ORDER BY parent) AS positions FROM edges GROUP BY child) p USING (position)
    LEFT JOIN (SELECT parent AS position, array_agg(child ORDER BY child) AS positions FROM edges GROUP BY parent) c USING (position)
    LEFT JOIN (SELECT position, array_agg(ancestor ORDER BY ancestor DESC) AS positions FROM before
                WHERE (ancestor, position) NOT IN (SELECT parent, child FROM edges) GROUP BY position) f USING (position)
   ORDER BY l.position
$$;
