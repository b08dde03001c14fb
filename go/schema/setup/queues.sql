-- The two queues on which the orchestrator listens. Step queues come with the templates of their namespace.
DO $$
DECLARE
  queue text;
BEGIN
  IF to_regclass('pgmq.meta') IS NULL THEN
    RAISE EXCEPTION 'schema "pgmq" exists but pgmq is not installed in it (there is no table pgmq.meta)'
      USING HINT = 'Drop that schema, or install pgmq into it, and migrate again.';
  END IF;
  FOREACH queue IN ARRAY ARRAY['orchestration_task_requests', 'orchestration_step_results'] LOOP
    IF NOT EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue) THEN
      PERFORM pgmq.create(queue);
    END IF;
  END LOOP;
END $$;
