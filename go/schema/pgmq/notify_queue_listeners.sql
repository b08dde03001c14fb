-- The trigger of queues that notify. Each session keeps in a setting when it notified last: a row that all senders
-- update would make them wait for one another until commit. A rollback takes back the setting with the notification.
--
-- last_notified_at is kept for whoever looks at it, when it costs nothing: not while another sender is at it, not by a
-- role that may not, and not in an isolation level that would make an error of it.
CREATE OR REPLACE FUNCTION pgmq.notify_queue_listeners()
RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  setting   text := 'tasker_pgmq.notified_' || TG_RELID;
  notified  double precision := nullif(current_setting(setting, true), '')::double precision;
  right_now double precision := extract(epoch FROM clock_timestamp());
  throttle  record;
BEGIN
  -- More than one only where names differ by case and share the table.
  SELECT min(throttle_interval_ms) AS ms, array_agg(DISTINCT channel) AS channels INTO throttle
    FROM pgmq.notify_insert_throttle t
   CROSS JOIN LATERAL (VALUES ('pgmq.' || TG_TABLE_NAME || '.INSERT'), ('pgmq.q_' || t.queue_name || '.INSERT')) AS named (channel)
   WHERE lower('q_' || t.queue_name)::name = TG_TABLE_NAME AND octet_length(channel) < 64;
  -- The clock may have been set back.
  IF throttle.ms IS NULL OR notified <= right_now AND right_now < notified + throttle.ms / 1000.0 THEN
    RETURN NULL;
  END IF;
  PERFORM pg_notify(channel, NULL) FROM unnest(throttle.channels) channel;
  PERFORM set_config(setting, right_now::text, false);
  IF throttle.ms > 0 AND current_setting('transaction_isolation') = 'read committed'
     AND has_table_privilege('pgmq.notify_insert_throttle', 'UPDATE') THEN
    UPDATE pgmq.notify_insert_throttle SET last_notified_at = clock_timestamp()
     WHERE queue_name IN (SELECT t.queue_name FROM pgmq.notify_insert_throttle t
                           WHERE lower('q_' || t.queue_name)::name = TG_TABLE_NAME
                             AND t.last_notified_at < clock_timestamp() - make_interval(secs => throttle.ms / 1000.0)
                             FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN NULL;
END $$;
