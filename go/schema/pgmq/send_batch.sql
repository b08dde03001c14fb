-- Puts several messages on a queue in one statement and gives their ids, in the order of the messages.
-- Headers, where given, stand side by side with the messages. The last form does the work of all.

CREATE OR REPLACE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[])
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT pgmq.send_batch(queue_name, msgs, NULL::jsonb[], clock_timestamp());
END $$;

CREATE OR REPLACE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[])
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT pgmq.send_batch(queue_name, msgs, headers, clock_timestamp());
END $$;

CREATE OR REPLACE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], delay integer)
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT pgmq.send_batch(queue_name, msgs, NULL::jsonb[], clock_timestamp() + make_interval(secs => delay));
END $$;

CREATE OR REPLACE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz)
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT pgmq.send_batch(queue_name, msgs, NULL::jsonb[], delay);
END $$;

CREATE OR REPLACE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer)
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT pgmq.send_batch(queue_name, msgs, headers, clock_timestamp() + make_interval(secs => delay));
END $$;

CREATE OR REPLACE FUNCTION pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz)
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
  IF array_length(msgs, 1) IS NULL THEN
    RAISE EXCEPTION 'msgs cannot be NULL or empty';
  ELSIF headers IS NOT NULL AND array_length(headers, 1) IS DISTINCT FROM array_length(msgs, 1) THEN
    RAISE EXCEPTION 'headers array length (%) must match msgs array length (%)',
      coalesce(array_length(headers, 1), 0), array_length(msgs, 1);
  END IF;
  RETURN QUERY EXECUTE format(
    'INSERT INTO pgmq.%I (vt, message, headers)
     SELECT $1, message, headers FROM unnest($2, $3) AS batch (message, headers)
     RETURNING msg_id',
    pgmq.format_table_name(queue_name, 'q')) USING delay, msgs, headers;
END $$;
