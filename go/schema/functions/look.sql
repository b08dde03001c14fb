-- What there is to do, in one look that changes and locks nothing: whether requests and results wait, of those numbered from
-- a number on; whether steps are ready, anywhere; and in how many seconds the next start or retry is due.
CREATE FUNCTION tasker.look(requests_from bigint, results_from bigint,
  OUT requests boolean, OUT results boolean, OUT ready boolean, OUT next_due float8)
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
  now timestamptz := clock_timestamp();
BEGIN
  requests := EXISTS (SELECT FROM pgmq.q_orchestration_task_requests WHERE msg_id >= requests_from AND vt <= now ORDER BY msg_id LIMIT 1);
  results := EXISTS (SELECT FROM pgmq.q_orchestration_step_results WHERE msg_id >= results_from AND vt <= now ORDER BY msg_id LIMIT 1);
  ready := EXISTS (SELECT FROM tasker.steps WHERE state = 'pending' AND unmet_dependencies = 0 AND NOT paused);
  next_due := tasker.next_due();
END
$$;
