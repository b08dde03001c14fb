-- Makes a queue whole that is not: never made, dropped, or not part of a restored backup. Gives whether there was
-- anything to do. Ids go on after those of messages that lie in the archive or the dead letters, so that one id never
-- means two messages. Two who make the same queue wait for each other in pgmq.create, to the end of the transaction.
CREATE FUNCTION tasker.ensure_queue(queue text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  live    text := format('pgmq.%I', 'q_' || queue);
  archive text := format('pgmq.%I', 'a_' || queue);
  used    bigint;
BEGIN
  IF to_regclass(live) IS NOT NULL AND to_regclass(archive) IS NOT NULL
     AND EXISTS (SELECT FROM pgmq.meta WHERE queue_name = queue) THEN
    RETURN false;
  END IF;
  PERFORM pgmq.create(queue);
  EXECUTE format('SELECT greatest((SELECT max(msg_id) FROM %s), (SELECT max(msg_id) FROM tasker.dead_letters WHERE queue_name = $1))',
    archive) INTO used USING queue;
  IF used IS NOT NULL THEN
    PERFORM setval(sequence, greatest(used, nextval(sequence)))
       FROM (SELECT pg_get_serial_sequence(live, 'msg_id')::regclass AS sequence) s;
  END IF;
  RETURN true;
END
$$;
