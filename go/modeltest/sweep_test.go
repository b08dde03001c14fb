package modeltest

import "slices"

// suspect is a step that the sweep found without a message, until it looks again.
type suspect struct {
	attempt int
	current *message
	since   int
}

// sweep finds what got lost. What has no living message at two looks in a row, a lease apart, gets another message for
// the same attempt; what cost too many workers fails.
func (m *model) sweep() {
	for _, n := range m.namespaces {
		steps := keep(m.steps(), func(s *step) bool { return s.task.namespace == n })
		m.resend(n, steps)
		if m.pausedIn(n) {
			continue
		}
		for _, s := range steps {
			if m.isLost(s) {
				s.state = "error"
				m.remove(s.current)
				m.dead++
				s.task.settle()
			}
		}
		for _, s := range steps {
			if m.lacksMessage(s) && !(s.suspected != nil && s.suspected.attempt == s.attempt && s.suspected.current == s.current) {
				s.suspected = &suspect{s.attempt, s.current, m.now}
			}
		}
	}
}

// resend is the second look. Whatever it finds, the suspicion is over. A reply that was committed with its effect counts,
// though its message is gone.
func (m *model) resend(n *namespace, steps []*step) {
	var again []*step
	for _, s := range steps {
		was := s.suspected
		if was == nil || was.since+lease > m.now {
			continue
		}
		s.suspected = nil
		if !m.pausedIn(n) && m.lacksMessage(s) && was.attempt == s.attempt && was.current == s.current {
			again = append(again, s)
		}
	}
	for _, s := range byRank(again) {
		if s.replied != nil {
			m.completeReplied(s)
			continue
		}
		m.send(s)
	}
}

// lacksMessage says whether a step is out and nothing that lives is about its attempt.
func (m *model) lacksMessage(s *step) bool {
	return s.out() && !s.task.paused && !slices.Contains(s.task.namespace.messages, s.current) && !m.hasResult(s)
}

func (m *model) hasResult(s *step) bool {
	return slices.ContainsFunc(m.results, func(r *result) bool { return r.about == s && r.attempt == s.attempt })
}

// isLost says whether too many workers died of a step: those that announced their start were counted; one whose workers
// never do is judged by how often its message was read, once nobody holds it.
func (m *model) isLost(s *step) bool {
	n := s.task.namespace
	return s.out() && !s.task.paused && slices.Contains(n.messages, s.current) && !m.hasResult(s) &&
		(s.losses >= n.budget || s.state == "enqueued" && !s.announced && s.current.reads > n.budget && s.current.visible <= m.now)
}

// needsSweep says whether only a sweep can bring a step on.
func (m *model) needsSweep(s *step) bool {
	return s.suspected != nil || m.lacksMessage(s) || m.isLost(s)
}

// In a history:

func (h *history) sweep(a *action) { h.sweepBy(a.of(len(batchSizes))) }

func (h *history) sweepBy(who int) {
	report, err := h.w.orchestrators[who].Sweep(h.w.ctx)
	h.must(err)
	h.m.sweep()
	h.say("sweep by %d: suspected %d, resent %d, lost %d", who+1, report.Suspected, report.Resent, report.Lost)
}

// lose takes messages away. Often two sweeps follow at once: to the second one, nothing is lost yet either.
func (h *history) lose(a *action) {
	h.takeAway(a)
	if a.of(2) == 0 {
		h.sweepBy(0)
		h.sweepBy(a.of(len(batchSizes)))
	}
}

// takeAway takes a message, a whole queue or all results away, as somebody does who thinks that they are not needed.
func (h *history) takeAway(a *action) {
	n, what := h.some(a), a.of(4)
	if slices.ContainsFunc(h.m.steps(), (*step).hasReplied) {
		what = a.of(2)
	}
	switch what {
	case 0:
		h.must(h.w.exec(`SELECT pgmq.purge_queue('orchestration_step_results')`))
		for _, r := range h.m.results {
			if r.about != nil && r.about.current != nil {
				h.lost = append(h.lost, r.about.current.id)
			}
		}
		h.m.results = nil
		h.say("somebody empties the queue of results")
	case 1:
		h.must(h.w.exec(`SELECT pgmq.purge_queue($1)`, n.name+"_queue"))
		for _, message := range n.messages {
			h.lost = append(h.lost, message.id)
		}
		n.messages = nil
		h.say("somebody empties the queue of %s", n.name)
	default:
		if len(n.messages) > 0 {
			message := n.messages[a.of(len(n.messages))]
			h.must(h.w.exec(`SELECT pgmq.delete($1, $2::bigint)`, n.name+"_queue", message.id))
			h.lost = append(h.lost, message.id)
			h.m.remove(message)
			h.say("somebody takes %v away", message)
		}
	}
}
