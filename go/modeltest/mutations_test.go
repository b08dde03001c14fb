package modeltest

// mutation is a rule broken on purpose. A text that is not found once in its place has rotted: the rule moved, and the
// mutation has to follow.
type mutation struct {
	name, place, old, new string
}

// A missing lock is not among them: only a rush can tell, and not every time. Those have tests of their own, with the
// interleaving played by hand, in go/faulttest.

// sqlMutations break functions of the test's own database; their places are functions of schema tasker.
var sqlMutations = []mutation{
	{"an error frees the children as well", "apply_results",
		`WHERE m.to_state IN ('complete', 'skipped')`, `WHERE m.to_state IN ('complete', 'skipped', 'error')`},
	{"two parents that end in one batch count as one", "apply_results",
		`child.unmet_dependencies - f.parents`, `child.unmet_dependencies - 1`},
	{"a failure is not counted", "apply_results",
		`failures = d.failures`, `failures = s.failures`},
	{"the verdict does not wait for a retry", "settle_tasks",
		`state IN ('enqueued', 'in_progress', 'waiting_for_retry')`, `state IN ('enqueued', 'in_progress')`},
	{"the verdict calls a failed task cancelled", "settle_tasks",
		`WHEN s.failed THEN 'error' `, ``},
	{"a retry goes out under the old attempt", "step_messages",
		`ELSE s.attempt + 1 END`, `ELSE greatest(s.attempt, 1) END`},
	{"a step of a stale attempt may start", "start_steps",
		`AND s.attempt = a.attempt`, ``},
	{"a lost worker is not counted", "start_steps",
		`CASE WHEN s.state = 'in_progress' THEN 1 ELSE 0 END`, `0`},
	{"a paused step may start", "start_steps",
		`was.paused OR n.paused OR everything AS paused`, `n.paused OR everything AS paused`},
	{"a reply is sent although its message is gone", "reply_steps",
		`FROM replies JOIN gone USING (msg_id)`, `FROM replies`},
	{"anybody may give a lease back", "release_steps",
		`USING (msg_id, read_ct)`, `USING (msg_id)`},
	{"a paused namespace goes on", "enqueue_ready",
		`CONTINUE WHEN tasker.is_paused(namespace.namespace_id);`, ``},
	{"a retry goes out at once", "apply_results",
		`THEN now + make_interval(secs => d.delay_seconds) END`, `THEN now END`},
	{"priority is forgotten", "dispatch_rank",
		`* 0.1 - priority`, `* 0.1`},
	{"the window forgets what was started", "window_room",
		`state IN ('enqueued', 'in_progress')`, `state IN ('enqueued')`},
	{"a new task overtakes what is held back", "hand_out_roots",
		`AND NOT tasker.held_back(namespace.namespace_id, roots)`, ``},
	{"cancelling does not cascade", "with_open_descendants",
		`SELECT id FROM doomed)`, `SELECT id FROM doomed WHERE id = ANY (step_ids))`},
	{"an operator's retry keeps the failures", "move_steps",
		`failures = CASE WHEN target <> 'pending' THEN s.failures ELSE 0 END`, `failures = s.failures`},
	{"what an operator resolves frees nobody", "move_steps",
		`IF target IN ('skipped', 'resolved_manually') THEN`, `IF target = 'skipped' THEN`},
	{"a task in error stays in error", "reopen_tasks",
		`t.state = 'error'), 'in_progress'`, `t.state = 'none'), 'in_progress'`},
	{"a pause forgets the steps that are out", "pause_tasks",
		`SET paused = pausing WHERE s.step_id = ANY (steps)`, `SET paused = pausing WHERE s.step_id = ANY (steps) AND s.state = 'pending'`},
	{"a reopened task does not get its key back", "move_tasks",
		`ELSE true END`, `ELSE t.key_held END`},
	{"the sweep does not look twice", "resend_suspects",
		`x.since <= clock_timestamp() - make_interval(secs => lease_seconds)`, `x.since <= clock_timestamp()`},
	{"the sweep does not see results that wait", "steps_without_message",
		`AND NOT EXISTS (SELECT FROM pgmq.q_orchestration_step_results r
                        WHERE r.message -> 'step_id' = to_jsonb(s.step_id) AND r.message -> 'attempt' = to_jsonb(s.attempt))`, ``},
	{"the crash budget is one too large", "end_lost_steps",
		`s.losses >= $2`, `s.losses > $2`},
	{"a skipped step of a request is still waited for", "insert_tasks",
		`WHERE NOT r.skip ? p.name)`, `)`},
}

// goMutations break rules by building with other files. Those of one name go together: the fence has two walls, one in
// the decision and one in what writes it, and either alone keeps late results out.
var goMutations = []mutation{
	{"a result of an old attempt counts", "go/tasker/decide.go",
		`case r.Attempt != s.Attempt:`, `case r.Attempt > s.Attempt:`},
	{"a result of an old attempt counts", "go/schema/functions/apply_results.sql",
		`s.attempt = d.attempt AND`, ``},
	{"a result counts although the step is not out", "go/tasker/decide.go",
		`case !s.State.HandedOut():`, `case s.State.Satisfies():`},
	{"one attempt too many", "go/tasker/decide.go",
		`case failures >= s.MaxAttempts:`, `case failures > s.MaxAttempts:`},
	{"a worker may skip any step", "go/tasker/decide.go",
		`case result.Status == StatusSkipped && step.Skippable:`, `case result.Status == StatusSkipped:`},
	{"a hint is not followed", "go/tasker/backoff.go",
		`if wait, ok := hintedWait(f.Hint); ok {`, `if wait, ok := hintedWait(f.Hint); ok && wait < 0 {`},
	{"two results of one batch count", "go/orchestrator/apply.go",
		`f.steps[r.result.StepID] = step`, ``},
	{"a result is written for a task that somebody holds", "go/orchestrator/locks.go",
		`return known && step.taskID == r.TaskID && !(f.lockedTasks[step.taskID] && f.lockedSteps[r.StepID])`,
		`return known && step.taskID == ""`},
	{"any task's step takes the result", "go/orchestrator/apply.go",
		`if known && step.taskID == r.result.TaskID {`, `if known {`},
}
