-- The steps of a namespace that wait for something which should not take long, and since when. Whether it has been too
-- long is for the caller to say. The queue must be there.
CREATE FUNCTION tasker.stale_steps(namespace integer, patience interval)
RETURNS TABLE (step_id bigint, kind text, since timestamptz)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  space   tasker.namespaces := (SELECT n FROM tasker.namespaces n WHERE n.namespace_id = stale_steps.namespace);
  resumed timestamptz := (
    SELECT h.at FROM tasker.pauses h
     WHERE NOT h.paused AND h.task_id IS NULL AND (h.namespace_id IS NULL OR h.namespace_id = stale_steps.namespace)
     ORDER BY h.pause_id DESC LIMIT 1);
BEGIN
  -- Handed out: as many as the window holds, each with its message.
  RETURN QUERY EXECUTE format($sql$
    SELECT s.step_id,
           CASE WHEN q.msg_id IS NULL AND x.step_id IS NOT NULL THEN 'suspect'
                WHEN q.msg_id IS NULL THEN 'message_lost'
                WHEN s.state = 'in_progress' THEN 'lease_over' ELSE 'not_started' END,
           CASE WHEN q.msg_id IS NULL AND x.step_id IS NOT NULL THEN x.since
                WHEN s.state = 'in_progress' AND q.msg_id IS NOT NULL THEN greatest(q.vt, $3) ELSE greatest(s.enqueued_at, $3) END
      FROM tasker.steps s
      LEFT JOIN %s q ON q.msg_id = s.msg_id AND q.enqueued_at <= s.enqueued_at
      LEFT JOIN tasker.suspects x ON x.step_id = s.step_id AND x.attempt = s.attempt AND x.msg_id = s.msg_id
     WHERE s.namespace_id = $1 AND s.state IN ('enqueued', 'in_progress') AND NOT s.paused
       AND s.enqueued_at < clock_timestamp() - $2
       AND NOT (s.state = 'enqueued' AND q.msg_id IS NOT NULL AND q.vt > clock_timestamp())  -- held by a plain worker
       AND NOT (q.msg_id IS NULL AND s.step_id = ANY ($4))                                   -- see stale_messages
    $sql$, tasker.queue_table(space.name)) USING space.namespace_id, patience, resumed, tasker.answered_steps(space.namespace_id);

  -- To be handed out, and there is room: what had to wait for a time since it was due, another one since it was made, the last of its parents
  -- was done, or an operator revived or resumed it.
  RETURN QUERY
    SELECT s.step_id, CASE WHEN s.state = 'pending' OR s.attempt = 0 THEN 'not_handed_out' ELSE 'retry_overdue' END,
           greatest(s.due_at, t.created_at, parents.done, revived.at, pause.ended, resumed)
      FROM unnest(tasker.next_ready(space.namespace_id, tasker.window_room(space.namespace_id, space.dispatch_window))) AS next (step_id)
     CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = next.step_id OFFSET 0) s
     CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t
     CROSS JOIN LATERAL (
       SELECT max(p.completed_at) AS done FROM tasker.parents_of(s.step_id) AS e (id)
        CROSS JOIN LATERAL (SELECT completed_at FROM tasker.steps WHERE step_id = e.id OFFSET 0) p) parents
     CROSS JOIN LATERAL (
       SELECT max(h.at) AS at FROM tasker.step_transitions h WHERE h.step_id = s.step_id AND h.to_state = 'pending' OFFSET 0) revived
     CROSS JOIN LATERAL (
       SELECT max(h.at) AS ended FROM tasker.pauses h WHERE h.task_id = s.task_id AND NOT h.paused OFFSET 0) pause
     WHERE t.created_at < clock_timestamp() - patience;
END
$$;
