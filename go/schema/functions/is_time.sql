-- Whether a JSON value is a text that means the same moment in every session: a time with its zone (ISO 8601). Go's
-- tasker.momentFormat has the same form, and a test holds them together.
CREATE FUNCTION tasker.is_time(value jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_typeof(value) = 'string'
     AND value #>> '{}' ~ '^\d{4}-\d\d-\d\d[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)$'
     AND (value #>> '{}')::timestamptz IS NOT NULL;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value THEN
  RETURN false;
END
$$;
