-- Whether a JSON value is a text that means the same moment in every session: a time with its zone.
CREATE FUNCTION tasker.is_time(value jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_typeof(value) = 'string'
     AND value #>> '{}' ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)$'
     AND (value #>> '{}')::timestamptz IS NOT NULL;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value THEN
  RETURN false;
END
$$;
