package modeltest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// history is one run of random actions on a world and on the model at once.
type history struct {
	*rapid.T
	w         *world
	m         *model
	templates []*template
	seen      *observed  // what was seen since the last action; nil when nobody looked yet
	held      []delivery // what workers got, the newest last; some of it was answered long ago
	lost      []int64    // messages that were lost on purpose
	windows   []int      // the widest of each namespace
	requests  []*request // everything ever asked for
	began     time.Time  // where the model's clock is now, if no time but its own has passed
	actions   int
	story     []string // what the actions came to
}

// action is what happens next. Its dice choose among what there is at that moment.
type action struct {
	verb string
	dice []int
}

// GoString is how a failing history lists what was drawn; what it came to follows below.
func (a action) GoString() string { return fmt.Sprintf("%s%v", a.verb, a.dice) }

// of throws a die with so many sides.
func (a *action) of(sides int) int {
	n := a.dice[0]
	a.dice = append(a.dice[1:], n)
	return n % sides
}

// actions draws what happens next. A verb that stands there more often happens more often.
func actions() *rapid.Generator[action] {
	var weighted []string
	for _, v := range verbs {
		weighted = append(weighted, slices.Repeat([]string{v.name}, v.weight)...)
	}
	return rapid.Custom(func(t *rapid.T) action {
		verb := rapid.SampledFrom(weighted).Draw(t, "verb")
		return action{verb, rapid.SliceOfN(rapid.IntRange(0, 999), 4, 4).Draw(t, "dice")}
	})
}

// play draws a history and runs it to its end: every task at rest.
func play(t *rapid.T, w *world) int {
	h := &history{T: t, w: w, m: &model{}, began: time.Now().UTC().Truncate(time.Microsecond)}
	h.m.pick = h.pick
	for _, name := range names {
		h.m.namespaces = append(h.m.namespaces, &namespace{name: name,
			window: rapid.SampledFrom([]int{1000, 1000, 5, 2, 1}).Draw(t, "window"),
			budget: rapid.SampledFrom([]int{10, 2, 1}).Draw(t, "crash budget")})
	}
	for _, n := range h.m.namespaces {
		h.windows = append(h.windows, n.window)
	}
	h.must(w.clean(h.m.namespaces))
	for i := range rapid.IntRange(1, 3).Draw(t, "templates") {
		n := rapid.SampledFrom(h.m.namespaces).Draw(t, "namespace")
		made := templates(n, fmt.Sprintf("t%d", i+1)).Draw(t, "template")
		_, err := w.orchestrators[0].RegisterTemplate(w.ctx, made.register())
		h.must(err)
		h.templates = append(h.templates, made)
	}
	for _, part := range rapid.SliceOfN(rapid.SliceOf(actions()), 1, -1).Draw(t, "actions") {
		for _, a := range part {
			h.act(a)
		}
	}
	h.finish()
	return h.actions
}

func (h *history) must(err error) {
	if err != nil {
		h.Fatalf("action %d: %v", h.actions, err)
	}
}

// act does one thing and compares.
func (h *history) act(a action) {
	h.actions++
	h.seen = nil
	v := verbs[slices.IndexFunc(verbs, func(v verb) bool { return v.name == a.verb })]
	v.do(h, &a)
	h.compare()
}

// say notes what an action came to.
func (h *history) say(format string, arguments ...any) {
	h.story = append(h.story, fmt.Sprintf("%3d  "+format, append([]any{h.actions}, arguments...)...))
	h.Log(h.story[len(h.story)-1])
}

// look reads the database, once an action.
func (h *history) look() observed {
	if h.seen == nil {
		o, err := h.w.observe(h.lost, h.windows)
		h.must(err)
		h.seen = &o
	}
	return *h.seen
}

func (h *history) compare() {
	if differences := h.m.compare(h.look()); len(differences) > 0 {
		h.Fatalf("after action %d:\n  %s", h.actions, strings.Join(differences, "\n  "))
	}
}

// pick follows the rank, except where the rules leave a choice: of more retries than there is room for, those that have
// been due for longest may go first. What the database chose is looked at, and has to be one of the choices.
func (h *history) pick(ready []*step, n int) []*step {
	if len(keep(ready, func(s *step) bool { return s.state == "waiting_for_retry" })) <= n {
		return ready[:n]
	}
	chosen := keep(ready, func(s *step) bool {
		return slices.ContainsFunc(h.look().Steps, func(seen seenStep) bool { return seen.ID == s.id && seen.Attempt == s.attempt+1 })
	})
	first := keep(chosen, (*step).first)
	if len(chosen) != n || !slices.Equal(first, keep(ready, (*step).first)[:len(first)]) {
		return ready[:n]
	}
	return chosen
}

// finish lets everything come to its end: nothing is paused, windows are wide, and every worker succeeds.
func (h *history) finish() {
	h.actions++
	h.say("from now on everything succeeds")
	h.open()
	for round := 0; !h.quiet(); round++ {
		if round > 200 {
			h.Fatalf("stuck after %d rounds of ticks and successful workers: %s", round, h.m.unfinished())
		}
		h.seen = nil
		h.pass(longestBackoff)
		if slices.ContainsFunc(h.m.steps(), h.m.needsSweep) {
			h.sweepBy(0)
		}
		h.tick(0, nil)
		h.compare() // and learn which messages went out
		h.seen = nil
		for _, n := range h.m.namespaces {
			h.workAll(n)
		}
		h.compare()
	}
}

// quiet says whether nothing is left to do, for anybody.
func (h *history) quiet() bool {
	busy := len(h.m.results) + len(h.m.requests)
	for _, n := range h.m.namespaces {
		busy += len(n.messages)
	}
	return busy == 0 && h.m.unfinished() == nil
}

func (m *model) unfinished() []*task { return keep(m.tasks, (*task).open) }
