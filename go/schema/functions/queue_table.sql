-- The table behind the queue of a namespace, quoted, for statements of ours on hot paths. A namespace that is not
-- registered has none; saying so here keeps a hostile name out of every statement built with it.
CREATE FUNCTION tasker.queue_table(namespace text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tasker.namespaces n WHERE n.name = namespace) THEN
    RAISE EXCEPTION 'no namespace %: register one of its templates with `tasker templates register`',
      quote_nullable(namespace) USING ERRCODE = 'TK404';
  END IF;
  RETURN format('pgmq.%I', 'q_' || tasker.queue_name(namespace));
END
$$;
