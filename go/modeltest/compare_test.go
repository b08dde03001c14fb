package modeltest

import (
	"fmt"
	"slices"
)

// compare gives every difference between what the model foretold and what the database holds, after it has learned the
// ids of what is new.
func (m *model) compare(o observed) (differences []string) {
	differ := func(format string, arguments ...any) {
		differences = append(differences, fmt.Sprintf(format, arguments...))
	}
	for _, v := range o.violations {
		differ("%s", v)
	}
	m.compareTasks(o, differ)
	m.learnSteps(o)
	for i, n := range m.namespaces {
		m.compareMessages(n, o.Queues[i], differ)
	}
	m.compareSteps(o, differ)
	for _, count := range []struct {
		of        string
		is, model int
	}{
		{"tasks", len(o.Tasks), len(m.tasks)}, {"results on their queue", o.Results, len(m.results)},
		{"requests on their queue", o.Requests, len(m.requests)}, {"dead letters", o.Dead, m.dead},
		{"suspects", len(o.Suspects), len(keep(m.steps(), func(s *step) bool { return s.suspected != nil }))},
	} {
		if count.is != count.model {
			differ("%s: %d, the model has %d", count.of, count.is, count.model)
		}
	}
	return differences
}

func (m *model) steps() (all []*step) {
	for _, t := range m.tasks {
		all = append(all, t.steps...)
	}
	return all
}

type differ func(format string, arguments ...any)

func (m *model) compareTasks(o observed, differ differ) {
	for _, t := range m.tasks {
		i := slices.IndexFunc(o.Tasks, func(seen seenTask) bool { return seen.Tag == t.tag })
		if i < 0 {
			differ("%s is not there", t.tag)
			continue
		}
		seen := o.Tasks[i]
		t.id = seen.ID
		if seen.State != t.state || seen.Paused != t.paused {
			differ("%s is %s, paused %t; the model says %s, %t", t.tag, seen.State, seen.Paused, t.state, t.paused)
		}
	}
}

// learnSteps gives every step its id.
func (m *model) learnSteps(o observed) {
	ids := map[string]int64{}
	for _, s := range o.Steps {
		ids[s.Task+s.Name] = s.ID
	}
	for _, s := range m.steps() {
		s.id = ids[s.task.id+s.name]
	}
}

func (m *model) compareSteps(o observed, differ differ) {
	seen := map[int64]seenStep{}
	for _, s := range o.Steps {
		seen[s.ID] = s
	}
	for _, s := range m.steps() {
		is, ok := seen[s.id]
		if !ok {
			differ("%s is not there", s)
			continue
		}
		expected := is
		expected.State, expected.Attempt, expected.Failures, expected.Losses = s.state, s.attempt, s.failures, s.losses
		expected.Unmet, expected.Paused = s.unmet(), s.task.paused
		expected.Replied, expected.Effects, expected.Checkpoint, expected.Told = s.replied != nil, s.effects, s.checkpoint, s.told
		is.Due, expected.Due = 0, 0
		if s.out() {
			expected.Message = s.current.id
		}
		if s.out() && s.announced != is.Announced || is != expected {
			differ("%s is %s; the model says %s", s, is.line(), expected.line())
		}
	}
}

func (s seenStep) line() string {
	return fmt.Sprintf("%s, attempt %d, failures %d, losses %d, unmet %d, paused %t, message %d, announced %t, "+
		"replied %t, effects %d, checkpoint %q, told %q", s.State, s.Attempt,
		s.Failures, s.Losses, s.Unmet, s.Paused, s.Message, s.Announced, s.Replied, s.Effects, s.Checkpoint, s.Told)
}

func (m *model) compareMessages(n *namespace, seen []seenMessage, differ differ) {
	var is, expected []string
	for i, s := range seen {
		is = append(is, fmt.Sprintf("%d.%d read %d visible %t", s.Step, s.Attempt, s.Reads, s.Wait <= 0))
		if i < len(n.messages) && n.messages[i].id == 0 {
			n.messages[i].id = s.ID
		}
	}
	for _, message := range n.messages {
		expected = append(expected, fmt.Sprintf("%d.%d read %d visible %t", message.step.id, message.attempt, message.reads,
			message.visible <= m.now))
	}
	if !slices.Equal(is, expected) {
		differ("messages of %s: %q; the model says %q", n.name, is, expected)
		return
	}
	for i, s := range seen {
		if s.ID != n.messages[i].id {
			differ("message %d of %s is not the one it was, %d", s.ID, n.name, n.messages[i].id)
		}
	}
}

func (t *task) String() string { return t.tag }

func (s *step) String() string { return s.task.tag + "." + s.name }

func (m *message) String() string { return fmt.Sprintf("%s#%d", m.step, m.attempt) }
