package modeltest

import "slices"

// The operators' half of the model: what may be done to tasks and steps by hand, and what it comes to.

// permits says whether an operator may do this with a task.
func (t *task) permits(action string) bool {
	switch action {
	case "cancel":
		return t.open()
	case "retry":
		return (t.state == "in_progress" || t.state == "error") && slices.ContainsFunc(t.steps, (*step).failed)
	default: // resolve, pause, resume
		return t.open() || t.state == "error"
	}
}

func (s *step) failed() bool { return s.state == "error" }

// permits says whether an operator may do this with a step. A task that is at rest for good is left alone.
func (s *step) permits(action string) bool {
	switch {
	case !s.task.open() && s.task.state != "error":
		return false
	case action == "cancel":
		return s.open()
	case action == "retry":
		return s.failed()
	case action == "skip":
		return s.skippable && (s.open() || s.failed())
	default: // resolve
		return s.open() || s.failed()
	}
}

// controlTasks does something with several tasks and gives those that permitted it.
func (m *model) controlTasks(action string, tasks []*task) []*task {
	if action == "cancel" || action == "retry" || action == "resolve" {
		m.applyReplies(tasks)
	}
	granted := keep(tasks, func(t *task) bool { return t.permits(action) && !(action == "retry" && m.keyTaken(t)) })
	for _, t := range granted {
		switch action {
		case "cancel", "resolve":
			for _, s := range keep(t.steps, (*step).open) {
				s.state = "cancelled"
			}
			t.state = map[string]string{"cancel": "cancelled", "resolve": "resolved_manually"}[action]
		case "retry":
			for _, s := range keep(t.steps, (*step).failed) {
				s.again()
			}
			t.state = "in_progress"
		case "pause", "resume":
			t.paused = action == "pause"
		}
	}
	return granted
}

// again makes a failed step as if it had never run, but for its attempt: the numbers of earlier ones stay spent.
func (s *step) again() { s.state, s.failures, s.losses = "pending", 0, 0 }

// controlSteps does something with several steps and gives those that permitted it. All are judged before any moves.
func (m *model) controlSteps(action string, steps []*step) []*step {
	for _, s := range steps {
		m.applyReplies([]*task{s.task})
	}
	granted := keep(steps, func(s *step) bool { return s.permits(action) && !(action != "cancel" && m.keyTaken(s.task)) })
	for _, s := range granted {
		switch action {
		case "cancel":
			s.cancel()
		case "retry":
			s.again()
		case "skip":
			s.state = "skipped"
		case "resolve":
			s.state = "resolved_manually"
		}
		if action != "cancel" && s.task.state == "error" {
			s.task.state = "in_progress"
		}
	}
	for _, s := range granted {
		s.task.settle()
	}
	return granted
}

// cancel calls a step off, and the open steps that wait for it.
func (s *step) cancel() {
	s.state = "cancelled"
	for _, child := range s.children {
		if child.open() {
			child.cancel()
		}
	}
}

// holdsKey says whether a task's key leads to it: for ever, or while the task is open, as its template says.
func (t *task) holdsKey() bool { return t.key != "" && (!t.template.keysWhileOpen || t.open()) }

// keyTaken says whether another task has the key that this one would need to be open again.
func (m *model) keyTaken(t *task) bool {
	return t.key != "" && !t.holdsKey() && slices.ContainsFunc(m.tasks, func(other *task) bool {
		return other != t && other.namespace == t.namespace && other.key == t.key && other.holdsKey()
	})
}
