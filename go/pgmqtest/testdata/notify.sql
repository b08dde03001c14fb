SELECT pgmq.create('jobs');
SELECT pgmq.create('Mixed');
LISTEN "pgmq.q_jobs.INSERT";
LISTEN "pgmq.q_mixed.INSERT";
SELECT pgmq.send('jobs', '1');
SELECT pgmq.enable_notify_insert('none');
SELECT pgmq.enable_notify_insert('MIXED');
SELECT pgmq.enable_notify_insert('jobs', -1);
SELECT pgmq.enable_notify_insert('none', -1);
SELECT pgmq.enable_notify_insert('jobs', NULL);
SELECT pgmq.enable_notify_insert(NULL);
SELECT pgmq.enable_notify_insert('a$b');
SELECT pgmq.update_notify_insert('jobs', 1);
SELECT pgmq.enable_notify_insert('jobs');
SELECT * FROM pgmq.list_notify_insert_throttles();
SELECT pgmq.enable_notify_insert(queue_name => 'jobs', throttle_interval_ms => 60000);
SELECT * FROM pgmq.notify_insert_throttle;
SELECT tgname, tgrelid::regclass, tgfoid::regproc, tgenabled FROM pg_trigger WHERE NOT tgisinternal;
-- differs: The trigger is FOR EACH STATEMENT
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal;
-- Throttled.
SELECT pgmq.send('jobs', '1');
SELECT pgmq.send('jobs', '2');
SELECT pgmq.send_batch('jobs', '{3,4}'::jsonb[]);
SELECT queue_name, throttle_interval_ms, last_notified_at > now() - interval '1 min' FROM pgmq.list_notify_insert_throttles();
-- Not throttled.
SELECT pgmq.update_notify_insert('jobs', 0);
SELECT queue_name, throttle_interval_ms, last_notified_at FROM pgmq.list_notify_insert_throttles();
SELECT pgmq.send('jobs', '1');
SELECT pgmq.send('jobs', '1', 100);
SELECT pgmq.send_batch('jobs', '{3,4}'::jsonb[]);
INSERT INTO pgmq.q_jobs (vt, message) VALUES (now(), '5');
BEGIN;
SELECT pgmq.send('jobs', '1');
SELECT pgmq.send('jobs', '1');
COMMIT;
BEGIN;
SELECT pgmq.send('jobs', '1');
ROLLBACK;
SELECT msg_id FROM pgmq.pop('jobs', 1);
-- Refused.
SELECT pgmq.update_notify_insert('jobs', -1);
SELECT pgmq.update_notify_insert('none', -1);
SELECT pgmq.update_notify_insert('jobs', NULL);
SELECT pgmq.update_notify_insert('none', 1);
SELECT pgmq.update_notify_insert('Mixed', 1);
SELECT pgmq.update_notify_insert(NULL, 1);
SELECT pgmq.notify_queue_listeners();
-- Mixed case.
SELECT pgmq.enable_notify_insert('Mixed', 0);
-- differs: queues with capital letters in their name
SELECT pgmq.send('Mixed', '1');
-- The end of it.
SELECT pgmq.disable_notify_insert('jobs');
SELECT pgmq.disable_notify_insert('jobs');
SELECT pgmq.disable_notify_insert('none');
SELECT pgmq.disable_notify_insert(NULL);
SELECT pgmq.disable_notify_insert('a$b');
SELECT pgmq.send('jobs', '1');
SELECT queue_name, throttle_interval_ms FROM pgmq.list_notify_insert_throttles();
SELECT pgmq.drop_queue('Mixed');
SELECT queue_name, throttle_interval_ms FROM pgmq.list_notify_insert_throttles();
SELECT pgmq.create_unlogged('fast');
SELECT pgmq.enable_notify_insert('fast');
LISTEN "pgmq.q_fast.INSERT";
SELECT pgmq.send('fast', '1');
