package modeltest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// rush is the time in which everything happens at once: orchestrators, workers, operators and callers, each in a
// goroutine of its own, act on the same history. In which order is nobody's to foretell, so the model only watches that
// the invariants hold at every moment. When all have gone home and the queues are dry it takes over what it finds, and
// from there on foretells again.
func (h *history) rush(a *action) {
	if len(h.m.tasks) == 0 {
		return
	}
	chance := uint64(a.of(1000)*1000 + a.of(1000)) //nolint:gosec // never negative
	fresh := []*request{h.ask(a), h.ask(a)}
	crowd := map[string]func(*rand.Rand) error{
		"orchestrator 1": h.ticking(0), "orchestrator 3": h.ticking(2), "worker": h.working, "plain worker": h.plainWorking,
		"operator": h.operating, "caller": h.calling(fresh), "orchestrator 2": h.sweeping,
	}
	h.say("all at once: %d tasks", len(h.m.tasks))
	var everybody sync.WaitGroup
	failures := make(chan error, len(crowd)+1)
	done := make(chan struct{})
	for i, name := range slices.Sorted(mapsKeys(crowd)) {
		dice := rand.New(rand.NewPCG(chance, uint64(i))) //nolint:gosec // a game
		everybody.Go(func() {
			if err := crowd[name](dice); err != nil {
				failures <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	var watcher sync.WaitGroup
	watcher.Go(func() { h.watch(done, failures) })
	everybody.Wait()
	close(done)
	watcher.Wait()
	close(failures)
	for err := range failures { // with the whole story, because nobody knows whether it will happen again
		h.Fatalf("action %d: %v\nafter\n%s", h.actions, err, strings.Join(h.story, "\n"))
	}
	h.drain()
	h.adopt(h.look())
}

func mapsKeys[V any](all map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range all {
			if !yield(name) {
				return
			}
		}
	}
}

// rounds is how often each of a crowd acts.
func rounds(dice *rand.Rand) int { return 2 + dice.IntN(4) }

func (h *history) watch(done <-chan struct{}, failures chan<- error) {
	for {
		violations, err := h.w.violations(h.lost, h.windows)
		if len(violations) > 0 {
			err = errors.Join(err, errors.New(strings.Join(violations, "\n  ")))
		}
		if err != nil {
			failures <- fmt.Errorf("in the middle of a rush: %w", err)
			return
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func (h *history) ticking(who int) func(*rand.Rand) error {
	return func(dice *rand.Rand) error {
		for range rounds(dice) {
			if _, err := h.w.orchestrators[who].Tick(h.w.ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func (h *history) sweeping(dice *rand.Rand) error {
	for range rounds(dice) {
		if _, err := h.w.orchestrators[1].Sweep(h.w.ctx); err != nil {
			return err
		}
	}
	return nil
}

// anyAnswer is a success, and as often any answer.
func anyAnswer(dice *rand.Rand) (some answer) {
	if some = answers[0]; dice.IntN(2) == 0 {
		some = answers[dice.IntN(len(answers))]
	}
	some.tells = dice.IntN(2)
	return some
}

// working reads, announces, answers most of it, and forgets the rest or answers it twice.
func (h *history) working(dice *rand.Rand) error {
	for range rounds(dice) {
		n := h.m.namespaces[dice.IntN(len(h.m.namespaces))].name
		rows, err := h.w.pool.Query(h.w.ctx, `SELECT msg_id, message, read_ct FROM tasker.read_steps($1, $2, 3, 'worker') WHERE answer = 'started'`, n, lease)
		if err != nil {
			return err
		}
		got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[leased])
		if err != nil {
			return err
		}
		for _, m := range got {
			if dice.IntN(3) == 0 {
				if err := h.jointInRush(n, m, answer{status: "success", tells: dice.IntN(2)}); err != nil {
					return err
				}
				continue
			}
			for range dice.IntN(3) {
				_, err := h.w.ids(`SELECT tasker.reply_steps($1, $2)`, n, []map[string]any{{"msg_id": m.ID, "result": m.result(dice)}})
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// leased is a message that a worker of a crowd got.
type leased struct {
	ID      int64
	Message map[string]any
	ReadCt  int
}

func (m leased) result(dice *rand.Rand) map[string]any {
	nobody := &step{task: &task{}}
	body := anyAnswer(dice).body(nobody, dice.IntN(2))
	body["step_id"], body["task_id"], body["attempt"] = m.Message["step_id"], m.Message["task_id"], m.Message["attempt"]
	return body
}

// plainWorking knows nothing but pgmq.
func (h *history) plainWorking(dice *rand.Rand) error {
	for range rounds(dice) {
		queue := h.m.namespaces[dice.IntN(len(h.m.namespaces))].name + "_queue"
		rows, err := h.w.pool.Query(h.w.ctx, `SELECT msg_id, message, read_ct FROM pgmq.read($1, $2, 3)`, queue, lease)
		if err != nil {
			return err
		}
		got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[leased])
		if err != nil {
			return err
		}
		for _, m := range got {
			err := h.inTransaction(func(tx pgx.Tx) error {
				_, err := tx.Exec(h.w.ctx, `SELECT pgmq.send('orchestration_step_results', $1::jsonb)`, m.result(dice))
				if err != nil {
					return err
				}
				_, err = tx.Exec(h.w.ctx, `SELECT pgmq.delete($1, $2::bigint)`, queue, m.ID)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// operating does anything to anything that was there before the rush, and leaves nothing paused.
func (h *history) operating(dice *rand.Rand) error {
	steps := h.m.steps()
	for range rounds(dice) {
		var err error
		switch t := h.m.tasks[dice.IntN(len(h.m.tasks))]; {
		case dice.IntN(3) == 0 || len(steps) == 0:
			action := taskActions[dice.IntN(len(taskActions))]
			_, err = h.w.pool.Exec(h.w.ctx, `SELECT tasker.control_tasks($1, ARRAY[$2::uuid], 'operator')`, action, t.id)
		case dice.IntN(4) == 0:
			n := h.m.namespaces[dice.IntN(len(h.m.namespaces))].name
			err = errors.Join(h.w.exec(`SELECT tasker.pause_namespace($1, 'operator')`, n), h.w.exec(`SELECT tasker.pause_everything('operator')`),
				h.w.exec(`SELECT tasker.resume_everything('operator')`), h.w.exec(`SELECT tasker.resume_namespace($1, 'operator')`, n))
		default:
			action := stepActions[dice.IntN(len(stepActions))]
			_, err = h.w.pool.Exec(h.w.ctx, `SELECT tasker.control_steps($1, ARRAY[$2::bigint, $3::bigint], 'operator')`, action,
				steps[dice.IntN(len(steps))].id, steps[dice.IntN(len(steps))].id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// calling makes a task by itself and asks for another one through the queue.
func (h *history) calling(fresh []*request) func(*rand.Rand) error {
	return func(*rand.Rand) error {
		for i, r := range fresh {
			sql := []string{`SELECT tasker.create_task($1)`, `SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`}[i]
			if r == nil {
				continue
			}
			if err := h.w.exec(sql, h.body(r)); err != nil {
				return err
			}
		}
		return nil
	}
}

// drain lets the orchestrators take in what a rush left on their queues.
func (h *history) drain() {
	for range 100 {
		h.must(h.w.exec(`UPDATE pgmq.q_orchestration_step_results SET vt = clock_timestamp() WHERE vt > clock_timestamp()`))
		h.must(h.w.exec(`UPDATE pgmq.q_orchestration_task_requests SET vt = clock_timestamp() WHERE vt > clock_timestamp()`))
		report, err := h.w.orchestrators[0].Tick(h.w.ctx)
		h.must(err)
		h.seen = nil
		if h.look(); h.seen.Results+h.seen.Requests == 0 && !report.Moved() {
			return
		}
	}
	h.Fatalf("after a rush, 100 ticks left %d results and %d requests", h.seen.Results, h.seen.Requests)
}

// adopt takes over what a rush left.
func (h *history) adopt(o observed) {
	m := h.m
	m.paused, m.requests, m.results, m.dead = o.Paused[0], nil, nil, o.Dead
	for i, n := range m.namespaces {
		n.paused = o.Paused[i+1]
	}
	var tasks []*task
	for _, seen := range o.Tasks {
		tasks = append(tasks, h.adoptTask(seen))
	}
	m.tasks = tasks
	m.learnSteps(o)
	steps := map[int64]*step{}
	for _, s := range m.steps() {
		steps[s.id] = s
	}
	messages := m.adoptMessages(o, steps)
	for _, seen := range o.Steps {
		s := steps[seen.ID]
		s.state, s.attempt, s.failures, s.losses = seen.State, seen.Attempt, seen.Failures, seen.Losses
		s.due, s.announced, s.current = m.now+later(seen.Due), seen.Announced, messages[seen.Message]
		if s.current == nil {
			s.current = &message{id: seen.Message, step: s, attempt: seen.Attempt}
		}
		s.suspected = nil
		s.effects, s.checkpoint, s.told = seen.Effects, seen.Checkpoint, seen.Told
		if !seen.Replied { // what was lost before the rush may still be
			s.replied = nil
		}
	}
	for _, seen := range o.Suspects {
		s := steps[seen.Step]
		s.suspected = &suspect{attempt: seen.Attempt, since: m.now - earlier(seen.Age)}
		if s.current.id == seen.Message {
			s.suspected.current = s.current
		}
	}
}

func (h *history) adoptTask(seen seenTask) *task {
	i := slices.IndexFunc(h.m.tasks, func(t *task) bool { return t.tag == seen.Tag })
	if i < 0 {
		r := h.requests[slices.IndexFunc(h.requests, func(r *request) bool { return r.tag == seen.Tag })]
		h.m.tasks = append(h.m.tasks, r.template.newTask(r, h.m.now))
		i = len(h.m.tasks) - 1
	}
	t := h.m.tasks[i]
	t.id, t.state, t.paused = seen.ID, seen.State, seen.Paused
	return t
}

// adoptMessages gives the messages by id. One that was known stays the same: workers may hold it.
func (m *model) adoptMessages(o observed, steps map[int64]*step) map[int64]*message {
	all := map[int64]*message{}
	for i, n := range m.namespaces {
		known := map[int64]*message{}
		for _, message := range n.messages {
			known[message.id] = message
		}
		n.messages = nil
		for _, seen := range o.Queues[i] {
			if known[seen.ID] == nil {
				known[seen.ID] = &message{id: seen.ID, step: steps[seen.Step], attempt: seen.Attempt}
			}
			known[seen.ID].reads, known[seen.ID].visible = seen.Reads, m.now+later(seen.Wait)
			n.messages = append(n.messages, known[seen.ID])
			all[seen.ID] = known[seen.ID]
		}
	}
	return all
}

// later is a time in seconds from now as the model counts it.
func later(seconds float64) int { return quantum * max(int(math.Round(seconds/quantum)), 0) }

// earlier is how long ago something was, as the model counts it: whole waits only, because a suspect that somebody held when
// it was due counts from a second later on, and is not due until the next wait is over.
func earlier(seconds float64) int { return quantum * max(int(seconds/quantum), 0) }
