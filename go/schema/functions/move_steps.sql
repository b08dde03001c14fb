-- Moves steps where an operator wants them, writes down who and why, and frees the children of those that satisfy
-- them now. The caller has locked tasks and steps and found that the move is possible. A second try begins with its
-- failures and losses at none, but its attempts go on being counted: a late result of an earlier one stays out.
CREATE FUNCTION tasker.move_steps(step_ids bigint[], target text, results jsonb, at timestamptz, actor text, reason text)
RETURNS void
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  children bigint[];
BEGIN
  WITH moved AS (
    UPDATE tasker.steps s
       SET state = target, results = move_steps.results, due_at = NULL,
           completed_at = CASE WHEN target <> 'pending' THEN move_steps.at END,
           failures = CASE WHEN target <> 'pending' THEN s.failures ELSE 0 END,
           losses = CASE WHEN target <> 'pending' THEN s.losses ELSE 0 END
      FROM unnest(step_ids) AS m (id) CROSS JOIN LATERAL (SELECT state FROM tasker.steps WHERE step_id = m.id OFFSET 0) was
     WHERE s.step_id = m.id AND s.step_id = ANY (step_ids)
    RETURNING s.step_id, was.state AS from_state, s.attempt)
  INSERT INTO tasker.step_transitions (step_id, from_state, to_state, attempt, at, actor, reason)
  SELECT step_id, from_state, target, attempt, move_steps.at, move_steps.actor, move_steps.reason FROM moved ORDER BY step_id;

  IF target IN ('skipped', 'resolved_manually') THEN  -- a statement of its own: a child may be among those that moved
    children := ARRAY(SELECT c.step_id FROM unnest(step_ids) AS m (step_id) CROSS JOIN LATERAL tasker.children_of(m.step_id) AS c (step_id));
    UPDATE tasker.steps child SET unmet_dependencies = child.unmet_dependencies - f.parents
      FROM (SELECT step_id, count(*)::integer AS parents FROM unnest(children) AS c (step_id) GROUP BY step_id) f
     WHERE child.step_id = f.step_id AND child.step_id = ANY (children);
  END IF;
END
$$;
