-- Why a step is not running, in one row: a code for programs, and a sentence for people that ends with the remedy where
-- there is one. Changes and locks nothing. Nothing for an unknown step.
CREATE FUNCTION tasker.explain_step(step_id bigint)
RETURNS TABLE (step_id bigint, task_id uuid, name text, state text, code text, explanation text)
LANGUAGE sql STABLE SET jit = off AS $$
  SELECT s.step_id, s.task_id, s.name, s.state, e.code, e.explanation
    FROM tasker.steps s CROSS JOIN LATERAL tasker.explain_standing(s) e
   WHERE s.step_id = explain_step.step_id
$$;
