-- Queues come and go.
SELECT pgmq.create('jobs');
SELECT pgmq.create('jobs');
SELECT pgmq.create_non_partitioned('jobs');
SELECT pgmq.create_unlogged('jobs');
SELECT pgmq.create_unlogged('Fast lane');
SELECT pgmq.create_unlogged('Fast lane');
SELECT queue_name, is_partitioned, is_unlogged, created_at <= now() FROM pgmq.list_queues() ORDER BY queue_name COLLATE "C";
SELECT queue_name, is_partitioned, is_unlogged FROM pgmq.meta ORDER BY queue_name COLLATE "C";
SELECT relname, relpersistence FROM pg_class WHERE relname LIKE '%fast lane' ORDER BY 1;
BEGIN;
SELECT pgmq.create('undone');
SELECT pgmq.send('undone', '1');
ROLLBACK;
SELECT to_regclass('pgmq.q_undone'), to_regclass('pgmq.a_undone'), count(*) FROM pgmq.meta WHERE queue_name = 'undone';
SELECT pgmq.drop_queue('undone');
SELECT pgmq.drop_queue('undone', true);
SELECT pgmq.drop_queue(NULL);
SELECT pgmq.drop_queue('a$b');
SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[]);
SELECT pgmq.archive('jobs', 1);
SELECT pgmq.purge_queue('jobs');
SELECT pgmq.purge_queue('jobs');
SELECT pgmq.send('jobs', '4');
SELECT msg_id FROM pgmq.a_jobs;
SELECT pgmq.purge_queue('none');
SELECT pgmq.purge_queue(NULL);
SELECT pgmq.purge_queue('a$b');
SELECT pgmq.detach_archive('jobs');
SELECT pgmq.detach_archive('none');
SELECT pgmq.detach_archive(NULL);
CREATE VIEW watch AS SELECT msg_id FROM pgmq.q_jobs;
SELECT pgmq.drop_queue('jobs');
DROP VIEW watch;
SELECT pgmq.drop_queue('jobs');
SELECT pgmq.drop_queue('Fast lane', false);
SELECT to_regclass('pgmq.q_jobs'), to_regclass('pgmq.a_jobs'), to_regclass('pgmq."q_fast lane"'), count(*) FROM pgmq.meta;
-- Half of a queue.
SELECT pgmq.create('half');
DROP TABLE pgmq.a_half;
SELECT pgmq.send('half', '1');
SELECT pgmq.archive('half', 1);
SELECT pgmq.create('half');
SELECT pgmq.archive('half', 1);
DROP TABLE pgmq.q_half;
SELECT pgmq.drop_queue('half');
SELECT queue_name FROM pgmq.list_queues();
SELECT pgmq.create('half');
DELETE FROM pgmq.meta;
SELECT pgmq.drop_queue('half'), to_regclass('pgmq.q_half');
-- Partitions without pg_partman.
SELECT pgmq.create_partitioned('parts');
SELECT pgmq.create_partitioned('parts', '1 day', '1 week');
SELECT to_regclass('pgmq.q_parts'), count(*) FROM pgmq.meta;
SELECT pgmq.convert_archive_partitioned('a$b');
-- differs: notices of convert_archive_partitioned
SELECT pgmq.convert_archive_partitioned('none');
SELECT pgmq.create('jobs');
-- differs: convert_archive_partitioned without pg_partman
SELECT pgmq.convert_archive_partitioned('jobs');
-- Metrics.
SELECT queue_name, queue_length, newest_msg_age_sec, oldest_msg_age_sec, total_messages, scrape_time = now(), queue_visible_length
  FROM pgmq.metrics('jobs');
SELECT pgmq.send_batch('jobs', ARRAY['1', '2', '3']::jsonb[]);
SELECT pgmq.send('jobs', '4', 100);
UPDATE pgmq.q_jobs SET enqueued_at = enqueued_at - make_interval(mins => msg_id::integer);
SELECT queue_name, queue_length, newest_msg_age_sec BETWEEN 60 AND 90, oldest_msg_age_sec BETWEEN 240 AND 270, total_messages, queue_visible_length
  FROM pgmq.metrics('jobs');
SELECT pgmq.create('more');
SELECT queue_name, queue_length, total_messages FROM pgmq.metrics_all() ORDER BY queue_name;
BEGIN;
SELECT pgmq.send('more', '1');
SELECT queue_length, total_messages, queue_visible_length, newest_msg_age_sec, scrape_time = now() FROM pgmq.metrics('more');
ROLLBACK;
SELECT queue_length, total_messages FROM pgmq.metrics('more');
SELECT pgmq.metrics('none');
SELECT pgmq.metrics(NULL);
SELECT pgmq.metrics('a$b');
INSERT INTO pgmq.meta (queue_name, is_partitioned, is_unlogged) VALUES ('ghost', false, false);
SELECT pgmq.metrics_all();
