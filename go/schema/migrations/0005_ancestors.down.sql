ALTER TABLE tasker.step_transitions DROP CONSTRAINT move_is_legal, ADD CONSTRAINT move_is_legal CHECK ((from_state, to_state) IN (
  ('pending', 'enqueued'), ('pending', 'cancelled'), ('pending', 'skipped'), ('pending', 'resolved_manually'),
  ('enqueued', 'in_progress'), ('enqueued', 'complete'), ('enqueued', 'waiting_for_retry'), ('enqueued', 'error'),
  ('enqueued', 'cancelled'), ('enqueued', 'skipped'), ('enqueued', 'resolved_manually'),
  ('in_progress', 'enqueued'), ('in_progress', 'complete'), ('in_progress', 'waiting_for_retry'),
  ('in_progress', 'error'), ('in_progress', 'cancelled'), ('in_progress', 'skipped'),
  ('in_progress', 'resolved_manually'),
  ('waiting_for_retry', 'enqueued'), ('waiting_for_retry', 'cancelled'), ('waiting_for_retry', 'skipped'),
  ('waiting_for_retry', 'resolved_manually'),
  ('error', 'pending'), ('error', 'skipped'), ('error', 'resolved_manually')));
ALTER TABLE tasker.task_transitions DROP CONSTRAINT move_is_legal, ADD CONSTRAINT move_is_legal CHECK ((from_state, to_state) IN (
  ('pending', 'in_progress'), ('pending', 'complete'), ('pending', 'cancelled'), ('pending', 'resolved_manually'),
  ('in_progress', 'complete'), ('in_progress', 'error'), ('in_progress', 'cancelled'),
  ('in_progress', 'resolved_manually'), ('error', 'in_progress'), ('error', 'resolved_manually')));
ALTER TABLE tasker.template_steps DROP COLUMN ancestors;
