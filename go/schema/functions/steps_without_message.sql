-- Steps of a namespace that are out and have no living message: theirs is not on the step queue, and no result of the
-- attempt is on the results queue, visible or not. One statement, so one moment: a worker's reply, which takes the one
-- away and brings the other, is seen whole or not at all. A message that is younger than its step's hand-out is
-- another one's, on a queue that was made anew and counts from one again.
-- Among are the steps to look at; null: all that are out and not suspected yet. The steps are locked; those that
-- somebody else holds are passed over.
CREATE FUNCTION tasker.steps_without_message(namespace text, among bigint[], quantity integer)
RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format($sql$
    SELECT s.step_id FROM tasker.steps s
     WHERE s.namespace_id = (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = $1)
       AND s.state IN ('enqueued', 'in_progress') AND NOT s.paused
       AND CASE WHEN $2 IS NULL
                THEN NOT EXISTS (SELECT FROM tasker.suspects x
                                  WHERE x.step_id = s.step_id AND x.attempt = s.attempt AND x.msg_id = s.msg_id)
                ELSE s.step_id = ANY ($2) END
       AND NOT EXISTS (SELECT FROM %s q WHERE q.msg_id = s.msg_id AND q.enqueued_at <= s.enqueued_at)
       AND NOT EXISTS (SELECT FROM pgmq.q_orchestration_step_results r
                        WHERE r.message -> 'step_id' = to_jsonb(s.step_id) AND r.message -> 'attempt' = to_jsonb(s.attempt))
     LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED $sql$, tasker.queue_table(namespace))
    USING namespace, among, quantity;
END
$$;
