-- What may be a name, and what becomes of it.
SELECT pgmq.format_table_name('A b', 'q'), pgmq.format_table_name('x', 'A'), pgmq.format_table_name('', 'q');
SELECT pgmq.format_table_name(NULL, 'q'), pgmq.format_table_name('x', NULL);
SELECT pgmq.format_table_name('a$b', 'q');
SELECT pgmq.format_table_name(concat('a', chr(59), 'b'), 'q');
SELECT pgmq.format_table_name('a--b', 'q');
SELECT pgmq.format_table_name('a''b', 'q');
SELECT pgmq.format_table_name('a-b', 'q'), pgmq.format_table_name('a\b', 'q'), pgmq.format_table_name(E'a\nb', 'q');
SELECT pgmq.validate_queue_name(NULL), pgmq.validate_queue_name('a$b'), pgmq.validate_queue_name(repeat('x', 47));
SELECT pgmq.validate_queue_name(repeat('x', 48));
SELECT pgmq.validate_queue_name(repeat('ä', 47));
SELECT pgmq.acquire_queue_lock(NULL);
BEGIN;
SELECT pgmq.acquire_queue_lock('locked');
SELECT locktype, mode, classid, objid = hashtext('pgmq.queue_locked')::oid, objsubid FROM pg_locks
 WHERE pid = pg_backend_pid() AND locktype = 'advisory';
ROLLBACK;
SELECT pgmq.create(NULL);
SELECT pgmq.create('a$b');
SELECT pgmq.create_non_partitioned('a''b');
SELECT pgmq.create_unlogged('a--b');
SELECT pgmq.create(repeat('x', 48));
SELECT pgmq.create_non_partitioned(repeat('x', 48));
SELECT pgmq.create_unlogged(repeat('x', 48));
SELECT pgmq.create_partitioned(repeat('x', 48));
SELECT pgmq.create_partitioned('a$b');
SELECT pgmq.create(n), pgmq.send(n, '1'), pgmq.read(n, 1, 1) IS NULL, pgmq.archive(n, 1), queue_name, queue_length
  FROM unnest(ARRAY['with space', 'with.dot', 'with-hyphen', 'with"quote', 'select', 'käse', '%I', '', 'a\b', repeat('y', 47)]) n,
       LATERAL (SELECT 1 FROM pgmq.create(n)) made, LATERAL pgmq.metrics(n);
-- Names longer than 63 bytes are cut by PostgreSQL.
SELECT pgmq.create(repeat('ä', 47));
SELECT pgmq.send(repeat('ä', 47), '1');
SELECT msg_id, read_ct, message FROM pgmq.read(repeat('ä', 47), 0, 1);
-- differs: metrics of a queue whose name is longer than 47 bytes
SELECT queue_name, queue_length, total_messages FROM pgmq.metrics(repeat('ä', 47));
-- differs: drop_queue of a queue whose name is longer than 47 bytes
SELECT pgmq.drop_queue(repeat('ä', 47));
-- Names that differ by case share the tables.
SELECT pgmq.create('Mixed');
SELECT pgmq.create('mixed');
SELECT pgmq.send('MIXED', '1');
SELECT msg_id FROM pgmq.pop('mixed');
SELECT queue_name FROM pgmq.list_queues() WHERE lower(queue_name) = 'mixed' ORDER BY queue_name COLLATE "C";
SELECT pgmq.drop_queue('MIXED');
SELECT queue_name FROM pgmq.list_queues() WHERE lower(queue_name) = 'mixed' ORDER BY queue_name COLLATE "C";
SELECT pgmq.drop_queue('Mixed');
