-- The tasks with steps that are ready and not yet handed out, in the order in which they will be: by effective
-- priority, computed_priority here, which is priority + age × rate (see dispatch_rank). Tasks that are paused are not
-- ready, so they are not here; those of a paused namespace are, and say so: they are what resuming it lets out.
-- Counts are exact. The cost is what waits, not what is finished; the counts of a task are read only when its row is.
-- Columns keep the names users of the older systems know. Nobody claims a task here, so what told of claims is gone.
CREATE VIEW tasker.ready_tasks AS
SELECT t.task_id, n.name AS namespace_name, template.name AS task_name, template.version, t.priority,
       round((tasker.dispatch_rank(0, clock_timestamp()) - r.rank)::numeric, 1) AS computed_priority,
       round(extract(epoch FROM clock_timestamp() - t.created_at)::numeric / 3600, 2) AS age_hours,
       t.created_at, greatest(t.updated_at, s.moved_at) AS updated_at, r.ready_steps AS ready_steps_count, s.total_steps, s.completed_steps, s.pending_steps,
       s.failed_steps, s.in_progress_steps, n.paused OR i.paused AS paused
  FROM (SELECT ready.task_id, ready.rank, min(ready.step_id) AS first_step, count(*) AS ready_steps
          FROM (SELECT task_id, rank, step_id FROM tasker.steps
                 WHERE state = 'pending' AND unmet_dependencies = 0 AND NOT paused
                UNION ALL
                SELECT task_id, rank, step_id FROM tasker.steps
                 WHERE state = 'waiting_for_retry' AND is_due AND NOT paused
                UNION ALL
                SELECT task_id, rank, step_id FROM tasker.steps
                 WHERE state = 'waiting_for_retry' AND due_at <= clock_timestamp() AND NOT is_due AND NOT paused) ready
         GROUP BY ready.task_id, ready.rank
         ORDER BY ready.rank, min(ready.step_id)) r
 CROSS JOIN LATERAL (SELECT * FROM tasker.tasks WHERE task_id = r.task_id OFFSET 0) t
 CROSS JOIN LATERAL (SELECT * FROM tasker.namespaces WHERE namespace_id = t.namespace_id OFFSET 0) n
 CROSS JOIN LATERAL (SELECT name, version FROM tasker.templates WHERE template_id = t.template_id OFFSET 0) template
 CROSS JOIN LATERAL (
   SELECT count(*) AS total_steps,
          count(*) FILTER (WHERE state IN ('complete', 'skipped', 'resolved_manually')) AS completed_steps,
          count(*) FILTER (WHERE state = 'pending' OR (state = 'waiting_for_retry' AND attempt = 0)) AS pending_steps,
          count(*) FILTER (WHERE state = 'error') AS failed_steps,
          count(*) FILTER (WHERE state IN ('enqueued', 'in_progress')) AS in_progress_steps,
          max(greatest(enqueued_at, started_at, completed_at)) AS moved_at
     FROM tasker.steps WHERE task_id = r.task_id OFFSET 0) s
 CROSS JOIN tasker.installation i
 ORDER BY r.rank, r.first_step;
