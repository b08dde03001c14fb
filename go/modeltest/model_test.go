package modeltest

import (
	"cmp"
	"slices"
)

// The model: the rules of tasker-core once more, for one process and with nothing but memory. It shares no code with
// what it judges and says no more than it must. Its clock counts seconds from the beginning of a history.
type model struct {
	now        int
	paused     bool // everything
	namespaces []*namespace
	tasks      []*task
	requests   []*request // on the queue, in order
	results    []*result  // on the queue, in order
	dead       int        // letters

	// pick chooses n of the ready steps, which come by rank: the first ones, unless the rules leave a choice.
	pick func(ready []*step, n int) []*step
}

type namespace struct {
	name     string
	window   int
	budget   int // of losses
	paused   bool
	messages []*message // in order of their ids
}

type message struct {
	id      int64 // 0 until it was seen in the database
	step    *step
	attempt int
	reads   int
	visible int // since when
}

type task struct {
	tag       string // names it in a history, and as correlation_id in the database
	id        string // "" until it was seen in the database
	namespace *namespace
	template  *template
	rank      int // its priority, less what it starts later than it was made: a point for ten seconds
	key       string
	state     string
	paused    bool
	steps     []*step
}

type step struct {
	recipe
	id                        int64 // 0 until it was seen in the database
	task                      *task
	parents, children         []*step
	state                     string
	attempt, failures, losses int
	due                       int      // while it waits for a retry, or before its first attempt for the start of its task
	current                   *message // of the attempt that is out
	announced                 bool     // a worker said that it starts the current attempt
	suspected                 *suspect // nil as long as nobody misses its message
	replied                   *result  // a reply that was committed together with its effect, as long as nobody has applied it
	effects                   int      // of transactional handlers
	checkpoint                string   // attempt and value
	told                      string   // the events of results that counted
}

// request asks for a task; those with the same key get the same one.
type request struct {
	tag      string
	template *template
	priority int
	key      string
	skip     []string // steps that the task does without
	start    int      // not before
}

// result is what a worker sent. One that nobody can read has garbled set; step may be nil, then it is about nothing.
type result struct {
	step    *step
	about   *step // what it says it is about, which need not be true
	attempt int
	answer
	garbled bool
}

// answer is what a worker says of an attempt. after is its wish for when to try again, or nil.
type answer struct {
	status    string
	permanent bool
	after     *int
	tells     int // events
}

func (s *step) out() bool   { return s.state == "enqueued" || s.state == "in_progress" }
func (s *step) open() bool  { return s.state == "pending" || s.state == "waiting_for_retry" || s.out() }
func (t *task) open() bool  { return t.state == "pending" || t.state == "in_progress" }
func (s *step) first() bool { return s.state == "pending" && s.unmet() == 0 }

func (s *step) satisfies() bool {
	return s.state == "complete" || s.state == "skipped" || s.state == "resolved_manually"
}

func (s *step) unmet() (n int) {
	for _, parent := range s.parents {
		if !parent.satisfies() {
			n++
		}
	}
	return n
}

func (m *model) pausedIn(n *namespace) bool { return m.paused || n.paused }

// settle is the verdict.
func (t *task) settle() {
	is := func(test func(*step) bool) func() bool {
		return func() bool { return slices.ContainsFunc(t.steps, test) }
	}
	moving := is(func(s *step) bool { return s.out() || s.state == "waiting_for_retry" || s.first() })
	unsatisfied := is(func(s *step) bool { return !s.satisfies() })
	failed := is(func(s *step) bool { return s.state == "error" })
	switch {
	case !t.open() || moving():
	case !unsatisfied():
		t.state = "complete"
	case failed():
		t.state = "error"
	default:
		t.state = "cancelled"
	}
}

// create makes tasks of requests in one call. New tasks' first steps go out at once, if all of them fit into the window
// and nothing else waits to be handed out; those of tasks that start later wait for that.
func (m *model) create(requests ...*request) {
	var roots []*step
	before := len(m.tasks)
	for _, r := range requests {
		if m.made(r, before) != nil {
			continue
		}
		t := r.template.newTask(r, m.now)
		m.tasks = append(m.tasks, t)
		for _, s := range t.steps {
			if slices.Contains(r.skip, s.name) {
				s.state = "skipped"
			}
		}
		if r.start > m.now {
			for _, s := range keep(t.steps, (*step).first) {
				s.state, s.due = "waiting_for_retry", r.start
			}
		}
		t.settle()
		roots = append(roots, keep(t.steps, (*step).first)...)
	}
	for _, n := range m.namespaces {
		mine := keep(roots, func(s *step) bool { return s.task.namespace == n })
		if !m.pausedIn(n) && len(mine) <= m.room(n) && len(m.ready(n, nil)) == len(mine) {
			m.handOut(byRank(mine))
		}
	}
}

// made gives the task that a request made before, or nil: its own, or the one that has its key. Of equal requests in one
// call the first makes the task for all, whatever becomes of it at once; tasks from fresh on are of this call.
func (m *model) made(r *request, fresh int) *task {
	for _, t := range m.tasks {
		if t.tag == r.tag {
			return t
		}
	}
	for i, t := range m.tasks {
		if r.key != "" && t.key == r.key && t.namespace == r.template.namespace && (t.holdsKey() || i >= fresh) {
			return t
		}
	}
	return nil
}

// tick is one pass: some requests, some results and what they free, then what is ready. Nothing of a task that somebody holds is
// touched. Behind is what only the clock knows: whether results have waited for long.
func (m *model) tick(batch int, held *task, behind bool) {
	portion := 2 * batch
	if behind {
		portion = max(batch/4, 2)
	}
	look := m.looksReady()
	requests := m.requests[:min(batch, len(m.requests))]
	m.requests = m.requests[len(requests):]
	tasks := len(m.tasks)
	m.create(requests...)
	before := m.firsts()
	retried := m.apply(batch, held)
	m.handOutFreed(keep(m.firsts(), func(s *step) bool { return !slices.Contains(before, s) }), 10*batch, portion, held)
	if look || len(m.tasks) > tasks || retried {
		m.handOutReady(m.namespaces, portion, held)
	}
}

// looksReady says what a look before a tick finds.
func (m *model) looksReady() bool {
	return slices.ContainsFunc(m.namespaces, func(n *namespace) bool {
		return slices.ContainsFunc(m.ready(n, nil), func(s *step) bool { return s.first() || !m.pausedIn(n) })
	})
}

// firsts are the steps that wait for no other and were never tried, or are to be tried as if for the first time.
func (m *model) firsts() (all []*step) {
	for _, n := range m.namespaces {
		all = append(all, keep(m.ready(n, nil), (*step).first)...)
	}
	return all
}

// handOutFreed hands out steps whose last parent is done, unless their namespace has no room for all of them or others wait
// there: then they queue up.
func (m *model) handOutFreed(freed []*step, quantity, portion int, held *task) {
	for _, n := range m.namespaces {
		ours := keep(freed, func(s *step) bool { return s.task.namespace == n })
		waiting := len(m.ready(n, nil))
		switch {
		case len(ours) == 0 || m.pausedIn(n):
		case len(ours) <= min(quantity, m.room(n)) && waiting == len(ours):
			m.handOut(ours)
			quantity -= len(ours)
		default:
			quantity -= m.handOutReady([]*namespace{n}, min(quantity, portion), held)
		}
	}
}

// apply takes the first results and says whether one of them made its step wait for a retry.
func (m *model) apply(batch int, held *task) (retried bool) {
	taken := m.results[:min(batch, len(m.results))]
	left := slices.Clone(m.results[len(taken):])
	var busy []*result
	for _, r := range taken {
		if r.step != nil && r.step.task == held && held != nil {
			busy = append(busy, r)
			continue
		}
		if r.garbled {
			m.dead++
		}
		if r.step != nil && m.answered(r) {
			retried = retried || r.step.state == "waiting_for_retry"
		}
	}
	m.results = append(busy, left...)
	return retried
}

// answered is the rule for one result: it counts for the current attempt of a step that is out, and only once.
func (m *model) answered(r *result) bool {
	s := r.step
	if r.attempt != s.attempt || !s.out() || s.replied != nil && s.replied != r {
		return false
	}
	s.replied = nil
	s.tell(r)
	switch {
	case r.status == "success" && !r.garbled:
		s.state = "complete"
	case r.status == "skipped" && s.skippable && !r.garbled:
		s.state = "skipped"
	default:
		s.failures++
		s.state = "waiting_for_retry"
		s.due = m.now + s.delay(r.answer)
		if r.garbled || r.permanent && r.status == "failed" || r.status == "skipped" || !s.retryable || s.failures >= s.maxAttempts {
			s.state = "error"
		}
	}
	s.task.settle()
	return true
}

// delay is when to try again: as the worker wishes, else as the step's backoff says.
func (s *step) delay(a answer) int {
	if a.after != nil {
		return *a.after
	}
	growth := 1
	switch s.backoff {
	case "linear":
		growth = s.failures
	case "exponential":
		growth = 1 << (s.failures - 1)
	}
	return min(s.base*growth, longestBackoff)
}

// room is how many more steps may be out. What is paused does not count.
func (m *model) room(n *namespace) int {
	out := 0
	for _, t := range m.tasks {
		if t.namespace == n && !t.paused {
			out += len(keep(t.steps, (*step).out))
		}
	}
	return max(n.window-out, 0)
}

// ready gives the steps of a namespace that may be handed out, by rank.
func (m *model) ready(n *namespace, held *task) (ready []*step) {
	for _, t := range m.tasks {
		if t.namespace == n && !t.paused && t != held {
			ready = append(ready, keep(t.steps, func(s *step) bool {
				return s.first() || s.state == "waiting_for_retry" && s.due <= m.now
			})...)
		}
	}
	return byRank(ready)
}

// byRank sorts by rank, then age. Tasks are numbered as they were made, steps as they stand in their template.
func byRank(steps []*step) []*step {
	slices.SortStableFunc(steps, func(a, b *step) int { return cmp.Compare(b.task.rank, a.task.rank) })
	return steps
}

// handOutReady hands out as much as windows and quantity allow, and gives how much. Namespaces that have something share the
// quantity.
func (m *model) handOutReady(namespaces []*namespace, quantity int, held *task) (out int) {
	namespaces = keep(namespaces, func(n *namespace) bool { return len(m.ready(n, nil)) > 0 && !m.pausedIn(n) })
	for i, n := range namespaces {
		left := len(namespaces) - i
		ready := m.ready(n, held)
		if room := min(m.room(n), (quantity+left-1)/left, len(ready)); room > 0 {
			m.handOut(m.pick(ready, room))
			quantity -= room
			out += room
		}
	}
	return out
}

// handOut is where an attempt begins: the next number, a message, and the task is under way.
func (m *model) handOut(steps []*step) {
	for _, s := range steps {
		s.attempt++
		m.send(s)
		if s.task.state == "pending" {
			s.task.state = "in_progress"
		}
	}
}

// send puts the message of the current attempt on the queue.
func (m *model) send(s *step) {
	s.state, s.announced = "enqueued", false
	s.current = &message{step: s, attempt: s.attempt, visible: m.now}
	s.task.namespace.messages = append(s.task.namespace.messages, s.current)
}

func keep[T any](all []T, test func(T) bool) (kept []T) {
	for _, one := range all {
		if test(one) {
			kept = append(kept, one)
		}
	}
	return kept
}
