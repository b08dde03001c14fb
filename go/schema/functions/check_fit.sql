-- Refuses requests that their templates do not allow, before anything is written: an unknown template, a key that is
-- missing, a step that is to be skipped and is not there or not skippable. What parse_requests found comes by ordinal.
-- The context itself is held against the template's JSON Schema by the callers that can (Go and Ruby): SQL has no
-- validator.
CREATE FUNCTION tasker.check_fit(requests jsonb, templates integer[], strategies text[], keys text[]) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  n      integer;
  wrong  text;
  name   text;
BEGIN
  SELECT f.n INTO n FROM unnest(templates, strategies, keys) WITH ORDINALITY AS f (template, strategy, key, n)
   WHERE f.template IS NULL OR (f.strategy = 'caller_provided' AND f.key IS NULL) LIMIT 1;
  IF FOUND THEN
    name := coalesce(requests -> n - 1 ->> 'namespace', 'default') || '/' || (requests -> n - 1 ->> 'name');
    IF templates[n] IS NULL THEN
      RAISE EXCEPTION 'no template %: register it with `tasker templates register FILE`',
        name || coalesce(' version ' || (requests -> n - 1 ->> 'version'), '') USING ERRCODE = 'TK404';
    END IF;
    RAISE EXCEPTION 'template % takes no request without an idempotency_key: give one that names what is to be done once', name
      USING ERRCODE = 'TK400';
  END IF;

  IF requests @? '$[*].skip[*]' THEN
    SELECT CASE WHEN step.skippable IS NULL THEN 'there is no step ' || left(s.name, 130) || ' to skip in template ' || t.name
                ELSE 'step ' || s.name || ' of template ' || t.name || ' cannot be skipped: it is not marked skippable' END
      INTO wrong
      FROM unnest(templates) WITH ORDINALITY AS a (template_id, n)
      JOIN tasker.templates t USING (template_id)
     CROSS JOIN LATERAL jsonb_array_elements_text(requests -> a.n::integer - 1 -> 'skip') AS s (name)
      LEFT JOIN tasker.template_steps step ON step.template_id = t.template_id AND step.name = s.name
     WHERE step.skippable IS NOT TRUE ORDER BY a.n LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION '%; take it out of skip', wrong USING ERRCODE = 'TK400';
    END IF;
  END IF;
END
$$;
