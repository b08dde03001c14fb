package modeltest

import "slices"

// The workers' half of the model: what becomes of messages.

// delivery is a message as a worker got it: what it needs for an answer, now or much later.
type delivery struct {
	*message
	read int // which delivery of the message this was
}

// read leases the first visible messages.
func (m *model) read(n *namespace, lease, quantity int) (got []delivery) {
	for _, message := range n.messages {
		if message.visible <= m.now && len(got) < quantity {
			message.reads++
			message.visible = m.now + lease
			got = append(got, delivery{message, message.reads})
		}
	}
	return got
}

// start is a worker's announcement. A start on an attempt that has started already means that its worker died; in a pause
// that is counted once.
func (m *model) start(s *step, attempt int) string {
	if attempt != s.attempt || !s.out() {
		return "stale"
	}
	n := s.task.namespace
	paused := m.pausedIn(n) || s.task.paused
	s.announced = true
	if s.state == "in_progress" {
		s.losses++
	}
	s.state = "in_progress"
	if paused {
		s.state = "enqueued"
	}
	switch {
	case s.losses >= n.budget:
		return "lost"
	case paused:
		return "paused"
	}
	return "started"
}

// reply takes the message away and puts the result on its queue, both or, when the message is gone, neither.
func (m *model) reply(d delivery, a answer) bool {
	n := d.step.task.namespace
	if !slices.Contains(n.messages, d.message) {
		return false
	}
	m.remove(d.message)
	m.results = append(m.results, &result{step: d.step, about: d.step, attempt: d.attempt, answer: a})
	return true
}

func (m *model) remove(gone *message) {
	n := gone.step.task.namespace
	n.messages = keep(n.messages, func(other *message) bool { return other != gone })
}

// mine says whether a delivery is the newest of its message: nobody else got it since.
func (d delivery) mine() bool {
	return slices.Contains(d.step.task.namespace.messages, d.message) && d.reads == d.read
}

// release gives a lease back: the same attempt waits for another worker, and nothing is lost.
func (m *model) release(d delivery, delay int) bool {
	if !d.mine() {
		return false
	}
	d.visible = m.now + delay
	if d.step.current == d.message && d.step.attempt == d.attempt && d.step.state == "in_progress" {
		d.step.state = "enqueued"
	}
	return true
}

// extend is the heartbeat.
func (m *model) extend(d delivery, lease int) bool {
	if d.mine() {
		d.visible = m.now + lease
	}
	return d.mine()
}
