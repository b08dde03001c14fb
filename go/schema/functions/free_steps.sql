-- Steps whose last parent is done: they wait for nothing any more, and those that can go out at once do, see
-- enqueue_freed. What fails there does not concern whoever freed them: trouble is its SQLSTATE and message.
CREATE FUNCTION tasker.free_steps(freed bigint[], quantity integer, portion integer, actor text, namespaces integer[],
  OUT enqueued integer, OUT contended integer, OUT trouble text[])
LANGUAGE plpgsql SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  enqueued := 0;
  contended := 0;
  IF cardinality(freed) > 0 AND cardinality(namespaces) > 0 THEN
    BEGIN
      SELECT e.* INTO enqueued, contended FROM tasker.enqueue_freed(freed, quantity, portion, actor, namespaces) e;
    EXCEPTION WHEN query_canceled OR others THEN
      trouble := ARRAY[SQLSTATE, SQLERRM];
    END;
  END IF;
  UPDATE tasker.steps s SET unmet_dependencies = 0 WHERE s.step_id = ANY (freed) AND s.unmet_dependencies > 0;  -- of those that stay
END
$$;
