-- Writes what a template says of its steps as rows, once, when it is registered: what hot paths ask of one step costs
-- that step, not the definition, and names have become positions.
CREATE FUNCTION tasker.unfold_template(template integer, definition jsonb) RETURNS void
LANGUAGE sql SET enable_seqscan = off AS $$
  WITH listed AS MATERIALIZED (
    SELECT (n - 1)::integer AS position, recipe, recipe ->> 'name' AS name
      FROM jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS r (recipe, n)),
  edges AS MATERIALIZED (
    SELECT parent.position AS parent, child.position AS child
      FROM listed child
     CROSS JOIN LATERAL jsonb_array_elements_text(child.recipe -> 'depends_on') AS d (name)
      JOIN listed parent ON parent.name = d.name)
  INSERT INTO tasker.template_steps (template_id, position, recipe, parents, children)
  SELECT template, l.position, l.recipe, coalesce(p.positions, '{}'), coalesce(c.positions, '{}')
    FROM listed l
    LEFT JOIN (SELECT child AS position, array_agg(parent ORDER BY parent) AS positions FROM edges GROUP BY child) p USING (position)
    LEFT JOIN (SELECT parent AS position, array_agg(child ORDER BY child) AS positions FROM edges GROUP BY parent) c USING (position)
   ORDER BY l.position
$$;
