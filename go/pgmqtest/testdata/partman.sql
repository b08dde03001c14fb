CREATE SCHEMA apart;
CREATE EXTENSION pg_partman SCHEMA apart;
SELECT pgmq.create_partitioned('By time', '1 day', '7 days');
SELECT pgmq.create_partitioned('small', '10', '20');
SELECT queue_name, is_partitioned, is_unlogged FROM pgmq.list_queues() ORDER BY queue_name COLLATE "C";
SELECT * FROM apart.part_config ORDER BY parent_table COLLATE "C";
-- differs: create_partitioned may be called again
SELECT pgmq.create_partitioned('small', '10', '20');
SELECT pgmq.send_batch('small', array_agg(to_jsonb(n))) FROM generate_series(1, 25) n;
SELECT msg_id, read_ct, message FROM pgmq.read('small', 0, 3) ORDER BY msg_id;
SELECT msg_id FROM pgmq.pop('small', 2) ORDER BY msg_id;
SELECT pgmq.archive('small', 9), pgmq.archive('small', ARRAY[11]), pgmq.delete('small', 12);
SELECT msg_id, tableoid::regclass FROM pgmq.q_small ORDER BY 1;
SELECT msg_id, tableoid::regclass FROM pgmq.a_small ORDER BY 1;
SELECT queue_length, total_messages FROM pgmq.metrics('small');
SELECT msg_id FROM pgmq.set_vt('small', 13::bigint, 100);
SELECT apart.run_maintenance('pgmq.q_small');
SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'q\_small%' ORDER BY relname COLLATE "C";
SELECT pgmq.purge_queue('small');
SELECT pgmq.send('By time', '1');
SELECT msg_id FROM pgmq.read('By time', 0, 1) ORDER BY msg_id;
SELECT pgmq.archive('By time', 1);
SELECT pgmq.enable_notify_insert('small', 0);
LISTEN "pgmq.q_small.INSERT";
-- differs: a partitioned queue notifies
SELECT pgmq.send('small', '1');
-- Archives.
SELECT pgmq.create('plain'), pgmq.create('plain_too'), pgmq.create('plain too');
SELECT pgmq.send_batch('plain', '{1,2,3}'::jsonb[]), pgmq.send('plain_too', '1');
SELECT pgmq.archive('plain', ARRAY[1, 2]), pgmq.archive('plain_too', 1);
SELECT pgmq.convert_archive_partitioned('plain');
SELECT pgmq.convert_archive_partitioned('plain_too', '1 day', '30 days', 5);
-- differs: convert_archive_partitioned of a queue whose name needs quotes
SELECT pgmq.convert_archive_partitioned('plain too');
SELECT pgmq.drop_queue('plain too');
-- differs: notices of convert_archive_partitioned
SELECT pgmq.convert_archive_partitioned('plain');
SELECT pgmq.archive('plain', 3);
SELECT msg_id, tableoid::regclass FROM pgmq.a_plain ORDER BY 1;
SELECT msg_id FROM pgmq.a_plain_old ORDER BY 1;
SELECT queue_name, is_partitioned FROM pgmq.list_queues() ORDER BY queue_name COLLATE "C";
SELECT * FROM apart.part_config ORDER BY parent_table COLLATE "C";
-- Refused.
SELECT pgmq.create_partitioned('bad', 'often', '1 day');
SELECT to_regclass('pgmq.q_bad');
-- Dropped.
SELECT pgmq.drop_queue('small');
SELECT pgmq.drop_queue('By time', true);
SELECT parent_table FROM apart.part_config ORDER BY parent_table COLLATE "C";
SELECT pgmq.drop_queue('plain');
SELECT relname FROM pg_class WHERE relname LIKE 'a\_plain\_%' AND relkind = 'r';
-- differs: is forgotten by pg_partman
SELECT parent_table FROM apart.part_config ORDER BY parent_table COLLATE "C";
