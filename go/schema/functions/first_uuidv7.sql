-- The least UUID of version 7 of a moment. Ids of tasks begin with the time they were made, so the primary key of
-- tasks is also its index by age, and needs no other. An id is made shortly before its task's created_at.
CREATE FUNCTION tasker.first_uuidv7(at timestamptz) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN lpad(to_hex(least(greatest(floor(extract(epoch FROM at) * 1000), 0), 281474976710655)::bigint), 12, '0')
    || '70008000000000000000';
END
$$;
