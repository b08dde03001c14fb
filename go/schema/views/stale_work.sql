-- What waits longer than it should, and why: five minutes for what should go on by itself, a day for what is paused
-- (tasker.stale_since takes other times). A report to read: nothing is ended because time passed. Its kinds:
--   not_started        handed out, and no worker has announced a start
--   lease_over         in progress, its lease ended and nobody has read it again
--   retry_overdue      its backoff is over, and it was not handed out
--   not_handed_out     ready while the window of its namespace has room
--   result_waiting, request_waiting   lies on an orchestrators' queue
--   message_lost, suspect             out with no message: before and after the sweep saw it
--   task_stuck         open, and no step can move: this should not happen
--   queue_missing      a queue is gone
--   task_paused, namespace_paused, everything_paused
-- What is paused waits for nothing else.
CREATE VIEW tasker.stale_work AS
SELECT * FROM tasker.stale_since(interval '5 minutes', interval '1 day') ORDER BY since NULLS FIRST, step_id;
