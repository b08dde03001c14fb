-- Makes a template known: its namespace, the namespace's queue and the template itself, each only if it is absent.
-- The same content again is welcome; other content under the same version is refused with the difference, because
-- running tasks lean on what they started with. A form without an identity, as earlier builds made it, has the default
-- one. Call it in a transaction of its own: making a queue holds locks until the commit.
CREATE FUNCTION tasker.register_template(normal_form jsonb)
RETURNS TABLE (template_id integer, digest text, created boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  namespace text := normal_form ->> 'namespace';
  queue     text := tasker.queue_name(normal_form ->> 'namespace');
  default_identity constant jsonb := '{"identity": {"strategy": "always_unique", "scope": "forever"}}';
  whole     jsonb;
  id        integer;
  present   tasker.templates;
BEGIN
  PERFORM tasker.check_template(normal_form);
  whole := default_identity || normal_form;
  INSERT INTO tasker.namespaces (name) VALUES (namespace) ON CONFLICT DO NOTHING;
  PERFORM tasker.ensure_queue(queue);

  INSERT INTO tasker.templates (namespace_id, name, version, digest, definition)
  SELECT n.namespace_id, normal_form ->> 'name', normal_form ->> 'version',
         encode(sha256(convert_to(whole::text, 'UTF8')), 'hex'), whole
    FROM tasker.namespaces n WHERE n.name = namespace
  ON CONFLICT DO NOTHING RETURNING templates.template_id INTO id;
  PERFORM tasker.unfold_template(id, whole) WHERE id IS NOT NULL;

  SELECT t.* INTO present FROM tasker.templates t JOIN tasker.namespaces n USING (namespace_id)
   WHERE n.name = namespace AND t.name = normal_form ->> 'name' AND t.version = normal_form ->> 'version';
  IF default_identity || present.definition <> whole THEN
    RAISE EXCEPTION E'template %/% is registered with other content under version %: give the changed template a new version\n  %',
      namespace, normal_form ->> 'name', normal_form ->> 'version', (
        SELECT string_agg(d.line, E'\n  ') FROM tasker.template_difference(default_identity || present.definition, whole) AS d (line))
      USING ERRCODE = 'TK409';
  END IF;
  RETURN QUERY SELECT present.template_id, present.digest, id IS NOT NULL;
END
$$;
