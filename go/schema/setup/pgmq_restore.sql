-- Gives the new pgmq what pgmq_save.sql kept, but for the privileges, which restore_privileges.sql gives back.
INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged, created_at)
SELECT queue_name, is_partitioned, is_unlogged, created_at FROM pg_temp.tasker_pgmq_queues;

SELECT pgmq.enable_notify_insert(queue_name, throttle_interval_ms) FROM pg_temp.tasker_pgmq_throttles;

UPDATE pgmq.notify_insert_throttle t SET last_notified_at = kept.last_notified_at
  FROM pg_temp.tasker_pgmq_throttles kept
 WHERE kept.queue_name = t.queue_name;
