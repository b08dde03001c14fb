-- Takes messages that nobody can use off their queue: into pgmq's archive, and with the reason into the dead
-- letters, where a person finds them. Nobody looks into them. Gives how many there were.
CREATE FUNCTION tasker.dead_letter(queue_name text, msg_ids bigint[], reason text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  kept bigint;
BEGIN
  EXECUTE format($sql$
    INSERT INTO tasker.dead_letters (queue_name, msg_id, read_ct, enqueued_at, message, reason)
    SELECT $1, msg_id, read_ct, enqueued_at, message, $3 FROM pgmq.%I WHERE msg_id = ANY ($2)
     ORDER BY msg_id FOR UPDATE $sql$, pgmq.format_table_name(queue_name, 'q')) USING queue_name, msg_ids, reason;
  GET DIAGNOSTICS kept = ROW_COUNT;
  PERFORM pgmq.archive(queue_name, msg_ids);
  RETURN kept;
END
$$;
