-- The idempotency key of a request without one whose template is strict: equal contexts, as tasker.canonical_json tells
-- them, are one request. The version is no part of it, so a context that was worked on by one version is not worked on
-- again by the next. Anybody can compute it, to find the task of a context.
CREATE FUNCTION tasker.identity_key(template_name text, context jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT 'strict:' || template_name || ':' || encode(sha256(convert_to(tasker.canonical_json(context), 'UTF8')), 'hex')
$$;
