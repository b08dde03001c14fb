SELECT pgmq.create('jobs');
SELECT pgmq.send_batch('jobs', ARRAY['{"for": "ann"}', '{"for": "bob"}', '{"for": "ann", "n": 1}', NULL, '[1, 2]']::jsonb[],
                               ARRAY['{"h": 1}', NULL, NULL, NULL, NULL]::jsonb[]);
-- Leases.
SELECT msg_id, read_ct, message, headers, last_read_at > enqueued_at, round(extract(epoch FROM vt - last_read_at))
  FROM pgmq.read('jobs', 100, 2) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read(queue_name => 'jobs', vt => 100, qty => 1) ORDER BY msg_id;
SELECT count(*) FROM pgmq.read('jobs', 100, 0) ORDER BY msg_id;
SELECT msg_id, read_ct FROM pgmq.read('jobs', -5, 9) ORDER BY msg_id;
SELECT msg_id, read_ct FROM pgmq.read('jobs', 0, 9) ORDER BY msg_id;
SELECT msg_id, read_ct, vt - now() > '1 day' FROM pgmq.read('jobs', 2147483647, 1) ORDER BY msg_id;
SELECT msg_id, read_ct FROM pgmq.set_vt('jobs', ARRAY[1, 2, 3, 4], 0) ORDER BY msg_id;
SELECT count(*) FROM pgmq.read('jobs', 0, NULL) ORDER BY msg_id;
SELECT pgmq.read('jobs', 0, -1);
SELECT pgmq.read('jobs', NULL, 1);
SELECT pgmq.read('none', 0, 1);
SELECT pgmq.read('none', 0, 0);
SELECT pgmq.read(NULL, 0, 1);
SELECT pgmq.read('a$b', 0, 1);
-- Conditions.
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '{"for": "ann"}') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 1, conditional => '{"for": "bob"}') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '{"for": "joe"}') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '{}') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, NULL) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '[]') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '[2]') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, 'null') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '2') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9, '{"for": "it''s"}') ORDER BY msg_id;
-- Polling.
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 2) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll(queue_name => 'jobs', vt => 0, qty => 1, max_poll_seconds => 1, poll_interval_ms => 10, conditional => '{"for": "bob"}') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 2, 0) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 2, -1) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('none', 0, 2, 0) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 1, 1, 0) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 1, 1, NULL) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 1, 1, -100) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read_with_poll('jobs', 0, 1, 1, 100, '{"for": "joe"}') ORDER BY msg_id;
SELECT pgmq.read_with_poll('jobs', 0, -1, 1);
SELECT pgmq.read_with_poll('none', 0, 1, 1);
SELECT pgmq.read_with_poll(NULL, 0, 1, 1);
SELECT pgmq.read_with_poll('a$b', 0, 1, 1);
-- Visibility.
SELECT msg_id, round(extract(epoch FROM vt - now()) / 10) FROM pgmq.set_vt('jobs', 1::bigint, 100) ORDER BY msg_id;
SELECT msg_id, vt - now() FROM pgmq.set_vt('jobs', 1::bigint, now() + '100 s') ORDER BY msg_id;
SELECT msg_id, round(extract(epoch FROM vt - now()) / 10) FROM pgmq.set_vt('jobs', ARRAY[1, 9]::bigint[], 100) ORDER BY msg_id;
SELECT msg_id, vt - now() FROM pgmq.set_vt('jobs', ARRAY[1, 9]::bigint[], now() + '100 s') ORDER BY msg_id;
SELECT msg_id, vt < now() FROM pgmq.set_vt(queue_name => 'jobs', msg_id => 1, vt => -100) ORDER BY msg_id;
SELECT msg_id FROM pgmq.set_vt('jobs', 9::bigint, 1) ORDER BY msg_id;
SELECT msg_id FROM pgmq.set_vt('jobs', NULL::bigint, 1) ORDER BY msg_id;
SELECT msg_id FROM pgmq.set_vt('jobs', NULL::bigint[], 1) ORDER BY msg_id;
SELECT msg_id FROM pgmq.set_vt('jobs', '{}'::bigint[], now()) ORDER BY msg_id;
SELECT pgmq.set_vt('jobs', 1::bigint, NULL::integer);
SELECT pgmq.set_vt('jobs', 1::bigint, NULL::timestamptz);
SELECT pgmq.set_vt('jobs', '{1}'::bigint[], NULL::integer);
SELECT pgmq.set_vt('none', 1::bigint, 1);
SELECT pgmq.set_vt('none', '{1}'::bigint[], now());
SELECT pgmq.set_vt(NULL, 1::bigint, 1);
SELECT pgmq.set_vt('a$b', 1::bigint, 1);
PREPARE ambiguous AS SELECT pgmq.set_vt($1, $2, $3);
-- Times that are past already.
SELECT msg_id FROM pgmq.read('jobs', 100, 9) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 100, 9) ORDER BY msg_id;
SELECT msg_id FROM pgmq.set_vt('jobs', 1::bigint, now() - interval '1 day') ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', -100000, 9) ORDER BY msg_id;
SELECT msg_id FROM pgmq.read('jobs', 0, 9) ORDER BY msg_id;
SELECT pgmq.send('jobs', '"late"', -5);
SELECT msg_id FROM pgmq.read('jobs', 0, 9) ORDER BY msg_id;
SELECT pgmq.delete('jobs', 6);
SELECT pgmq.send('jobs', '"ever"', '-infinity'::timestamptz);
SELECT pgmq.send('jobs', '"never"', 'infinity'::timestamptz);
SELECT msg_id, message, vt > now() - interval '1 hour' FROM pgmq.read('jobs', 100, 9) ORDER BY msg_id;
SELECT pgmq.delete('jobs', ARRAY[7, 8]);
UPDATE pgmq.q_jobs SET vt = now();
-- Pop.
SELECT pgmq.set_vt('jobs', 2::bigint, 100) IS NULL;
SELECT count(*) FROM pgmq.pop('jobs', 0) ORDER BY msg_id;
SELECT msg_id, message, headers FROM pgmq.pop('jobs') ORDER BY msg_id;
SELECT msg_id, message FROM pgmq.pop(queue_name => 'jobs', qty => 2) ORDER BY msg_id;
SELECT pgmq.pop('jobs', -1);
SELECT msg_id FROM pgmq.pop('jobs', NULL) ORDER BY msg_id;
SELECT msg_id FROM pgmq.q_jobs;
SELECT pgmq.pop('none');
SELECT pgmq.pop(NULL);
SELECT pgmq.pop('a$b');
