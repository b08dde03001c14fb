-- Steps of a namespace that are out and have no living message: theirs is not on the step queue, and no result of the
-- attempt is on the results queue, visible or not. One statement, so one moment: a worker's reply, which takes the one
-- away and brings the other, is seen whole or not at all. One that came by tasker.reply keeps the step from needing its
-- message. A message that is younger than its step's hand-out is
-- another one's, on a queue that was made anew and counts from one again.
-- Among are the steps to look at; null: all that are out and not suspected yet. The steps are locked; those that
-- somebody else holds are passed over. The array keeps the planner from looking at results, or locking, before it knows
-- which few steps have no message.
CREATE FUNCTION tasker.steps_without_message(namespace text, among bigint[], quantity integer)
RETURNS SETOF bigint
LANGUAGE plpgsql AS $$
DECLARE
  chosen text := CASE WHEN among IS NOT NULL THEN 'o.step_id = ANY ($2)'
    ELSE 'NOT EXISTS (SELECT FROM tasker.suspects x WHERE (x.step_id, x.attempt, x.msg_id) = (o.step_id, o.attempt, o.msg_id))' END;
BEGIN
  RETURN QUERY EXECUTE format($sql$
    SELECT s.step_id FROM tasker.steps s
     WHERE s.state IN ('enqueued', 'in_progress') AND NOT s.paused
       AND s.step_id = ANY (ARRAY(
         SELECT o.step_id FROM tasker.steps o
          WHERE o.namespace_id = (SELECT n.namespace_id FROM tasker.namespaces n WHERE n.name = $1)
            AND o.state IN ('enqueued', 'in_progress') AND NOT o.paused
            AND %1$s
            AND NOT EXISTS (SELECT FROM %2$s q WHERE q.msg_id = o.msg_id AND q.enqueued_at <= o.enqueued_at AND o.reply IS NULL)))
       AND NOT EXISTS (SELECT FROM pgmq.q_orchestration_step_results r
                        WHERE r.message -> 'step_id' = to_jsonb(s.step_id) AND r.message -> 'attempt' = to_jsonb(s.attempt))
     LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED $sql$, chosen, tasker.queue_table(namespace))
    USING namespace, among, quantity;
END
$$;
