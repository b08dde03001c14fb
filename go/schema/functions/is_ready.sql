-- Whether a step may be handed out now: every parent is done, what it waits for (its task's start, its backoff)
-- is due, and it is not paused.
-- The one home of the rule. next_ready, held_back and the view ready_tasks spell its halves out, each as the index says
-- that it walks. VOLATILE, because it looks at the clock and only so may be inlined.
CREATE FUNCTION tasker.is_ready(step tasker.steps) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
  SELECT NOT step.paused
     AND ((step.state = 'pending' AND step.unmet_dependencies = 0)
          OR (step.state = 'waiting_for_retry' AND step.due_at <= clock_timestamp()))
$$;
