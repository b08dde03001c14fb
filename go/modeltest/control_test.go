package modeltest

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What operators do, in a history: one task or step by the function that raises, or several by the one that answers.

var (
	taskActions = []string{"retry", "cancel", "pause", "resume", "resolve"}
	stepActions = []string{"retry", "cancel", "skip", "resolve"}
)

// several gives one, two or three of them.
func several[T any](a *action, all []T) (some []T) {
	for _, i := range []int{a.of(len(all)), a.of(len(all)), a.of(len(all))}[:1+a.of(3)] {
		some = append(some, all[i])
	}
	return some
}

// refused says whether the database refused a move.
func refused(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && pg.Code == "TK422"
}

// preferred gives those of all that pass a test, every other time and if there are any.
func preferred[T any](a *action, all []T, test func(T) bool) []T {
	if some := keep(all, test); len(some) > 0 && a.of(2) == 0 {
		return some
	}
	return all
}

func (h *history) controlTask(a *action) {
	what := taskActions[a.of(len(taskActions))]
	tasks := preferred(a, h.m.tasks, func(t *task) bool { return t.permits("retry") || slices.ContainsFunc(t.steps, (*step).hasReplied) })
	switch {
	case len(tasks) == 0:
	case a.of(2) == 0:
		h.controlOne(what, tasks[a.of(len(tasks))])
	default:
		h.controlTasks(what, several(a, tasks))
	}
}

func (h *history) controlOne(what string, t *task) {
	var state string
	err := h.w.pool.QueryRow(h.w.ctx, `SELECT tasker.`+what+`_task($1, 'operator', 'why not')`, t.id).Scan(&state)
	if !refused(err) {
		h.must(err)
	}
	takeBack := h.m.remember(t)
	if granted := h.m.controlTasks(what, []*task{t}); len(granted) != 1 && err == nil || len(granted) == 1 && state != t.state {
		h.Fatalf("%s of %v gave %q, %v; the model has %v and granted %v", what, t, state, err, t.state, granted)
	}
	if err != nil {
		takeBack()
	}
	h.say("an operator would %s %v: %s %v", what, t, state, err)
}

func (h *history) controlTasks(what string, tasks []*task) {
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.id)
	}
	rows, err := h.w.pool.Query(h.w.ctx,
		`SELECT task_id::text, refusal IS NULL FROM tasker.control_tasks($1, $2::text[]::uuid[], 'operator', 'why not')`, what, ids)
	h.must(err)
	granted := map[string]bool{}
	h.must(collect(rows, granted))
	h.sameTasks(what, tasks, granted)
	h.say("an operator would %s %v: %v", what, tasks, granted)
}

// sameTasks checks which of several were granted. The same one may be asked for twice.
func (h *history) sameTasks(what string, tasks []*task, granted map[string]bool) {
	var once []*task
	for _, t := range h.m.tasks {
		if len(keep(tasks, func(asked *task) bool { return asked == t })) > 0 {
			once = append(once, t)
		}
	}
	done := h.m.controlTasks(what, once)
	for _, t := range once {
		if expected := len(keep(done, func(one *task) bool { return one == t })) > 0; granted[t.id] != expected {
			h.Fatalf("%s of %v: granted %t; the model says %t", what, t, granted[t.id], expected)
		}
	}
}

func collect[K comparable](rows pgx.Rows, into map[K]bool) error {
	var key K
	var granted bool
	_, err := pgx.ForEachRow(rows, []any{&key, &granted}, func() error {
		into[key] = granted
		return nil
	})
	return err
}

func (h *history) controlStep(a *action) {
	what := stepActions[a.of(len(stepActions))]
	steps := preferred(a, h.m.steps(), func(s *step) bool { return s.failed() || s.hasReplied() })
	switch {
	case len(steps) == 0:
	case a.of(2) == 0:
		h.controlOneStep(what, steps[a.of(len(steps))])
	default:
		h.controlSteps(what, several(a, steps))
	}
}

func (h *history) controlOneStep(what string, s *step) {
	var state string
	sql := `SELECT tasker.` + what + `_step($1, $2, 'operator', 'why not')`
	if what == "resolve" {
		sql = `SELECT tasker.resolve_step($1, $2, '{"by": "hand"}', 'operator', 'why not')`
	}
	err := h.w.pool.QueryRow(h.w.ctx, sql, s.task.id, s.name).Scan(&state)
	if !refused(err) {
		h.must(err)
	}
	takeBack := h.m.remember(s.task)
	if granted := h.m.controlSteps(what, []*step{s}); len(granted) != 1 && err == nil || len(granted) == 1 && state != s.state {
		h.Fatalf("%s of %v gave %q, %v; the model has %v and granted %v", what, s, state, err, s.state, granted)
	}
	if err != nil {
		takeBack()
	}
	h.say("an operator would %s %v: %s %v", what, s, state, err)
}

func (h *history) controlSteps(what string, steps []*step) {
	ids := map[int64]*step{}
	var list []int64
	for _, s := range steps {
		if ids[s.id] == nil {
			ids[s.id], list = s, append(list, s.id)
		}
	}
	rows, err := h.w.pool.Query(h.w.ctx,
		`SELECT step_id, refusal IS NULL FROM tasker.control_steps($1, $2, 'operator', 'why not')`, what, list)
	h.must(err)
	granted := map[int64]bool{}
	h.must(collect(rows, granted))
	var once []*step
	for _, id := range list {
		once = append(once, ids[id])
	}
	done := h.m.controlSteps(what, once)
	for _, s := range once {
		if expected := len(keep(done, func(one *step) bool { return one == s })) > 0; granted[s.id] != expected {
			h.Fatalf("%s of %v: granted %t; the model says %t", what, s, granted[s.id], expected)
		}
	}
	h.say("an operator would %s %v: %v", what, steps, granted)
}

func (h *history) pause(a *action)  { h.turn(a, true) }
func (h *history) resume(a *action) { h.turn(a, false) }

// turn pauses or resumes a namespace or, now and then, everything.
func (h *history) turn(a *action, pausing bool) {
	if a.of(3) == 2 {
		h.turnEverything(pausing)
		return
	}
	h.turnNamespace(h.some(a), pausing)
}

func word(pausing bool) string {
	if pausing {
		return "pause"
	}
	return "resume"
}

func (h *history) turnNamespace(n *namespace, pausing bool) {
	var changed bool
	h.must(h.w.pool.QueryRow(h.w.ctx, `SELECT tasker.`+word(pausing)+`_namespace($1, 'operator')`, n.name).Scan(&changed))
	h.turned(word(pausing)+" "+n.name, &n.paused, pausing, changed)
}

func (h *history) turnEverything(pausing bool) {
	var changed bool
	h.must(h.w.pool.QueryRow(h.w.ctx, `SELECT tasker.`+word(pausing)+`_everything('operator')`).Scan(&changed))
	h.turned(word(pausing)+" everything", &h.m.paused, pausing, changed)
}

func (h *history) turned(what string, flag *bool, to, changed bool) {
	if changed != (*flag != to) {
		h.Fatalf("%s changed something: %t; the model was at %t", what, changed, *flag)
	}
	*flag = to
	h.say("an operator would %s: %t", what, changed)
}
