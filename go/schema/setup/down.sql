-- The end of Down: our own pgmq with all its queues, or just the two queues in somebody else's, and then the schema,
-- which by now must be empty but for the bookkeeping.
DO $$
BEGIN
  IF (SELECT pgmq = 'own' FROM tasker.installation) THEN
    DROP SCHEMA pgmq CASCADE;
    DROP SCHEMA IF EXISTS tasker_pgmq CASCADE;
  ELSE
    PERFORM pgmq.drop_queue(queue_name)
      FROM pgmq.meta
     WHERE queue_name IN ('orchestration_task_requests', 'orchestration_step_results');
  END IF;
END $$;

DROP TABLE tasker.installation, tasker.migrations;
DROP SCHEMA tasker;
