-- A UUID of version 7 (RFC 9562): 48 bits of Unix time in milliseconds, then random. Made here because
-- PostgreSQL has had one of its own only since version 18. Bits 52 and 53 turn version 4 into version 7.
CREATE FUNCTION tasker.uuidv7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
      52, 1), 53, 1), 'hex')::uuid
$$;
