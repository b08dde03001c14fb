package modeltest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Transactional handlers, in the model and in a history: an effect and its reply, which stand or fall together; and what
// handlers leave behind beside their results, checkpoints and events.

func (s *step) hasReplied() bool { return s.replied != nil }

// current says whether an attempt is the one that its step waits for, by the number of the message that it was sent with: what
// the model takes over after a rush has the numbers of messages that are gone, and no more.
func (d delivery) current() bool {
	return d.attempt == d.step.attempt && d.step.out() && d.step.current.id == d.id && d.step.replied == nil
}

// replyJointly is a reply that is committed together with its effect. From now on nothing else of the attempt counts.
func (m *model) replyJointly(d delivery, a answer) {
	m.reply(d, a)
	d.step.effects++
	d.step.replied = m.results[len(m.results)-1]
}

// completeReplied takes a reply for what it is, whether its message is still there or not.
func (m *model) completeReplied(s *step) {
	m.results = keep(m.results, func(r *result) bool { return r != s.replied })
	s.state = "complete"
	s.tell(s.replied)
	s.replied = nil
	s.task.settle()
}

// applyReplies is what control does before it judges.
func (m *model) applyReplies(tasks []*task) {
	for _, t := range tasks {
		for _, s := range keep(t.steps, (*step).hasReplied) {
			m.completeReplied(s)
		}
	}
}

// remember gives what takes back whatever happens to a task: a refusal that is raised leaves nothing of it.
func (m *model) remember(t *task) (takeBack func()) {
	results, state := slices.Clone(m.results), t.state
	var steps []step
	for _, s := range t.steps {
		steps = append(steps, *s)
	}
	return func() {
		m.results, t.state = results, state
		for i, s := range t.steps {
			*s = steps[i]
		}
	}
}

// tell writes down the events of a result that counts.
func (s *step) tell(r *result) {
	for n := range r.tells {
		s.told += fmt.Sprintf("%d told %d; ", r.attempt, n)
	}
}

// events are what a result tells of, as its worker sends it.
func (r answer) events() []map[string]any {
	var all []map[string]any
	for n := range r.tells {
		all = append(all, map[string]any{"name": "told", "payload": map[string]any{"n": n}})
	}
	return all
}

const effectSQL = `INSERT INTO public.effects VALUES ($1)`

var errRolledBack = errors.New("the handler's transaction is rolled back")

// joint is a worker with a transactional handler. It may hold what an attempt before the current one left on the queue.
func (h *history) joint(a *action) {
	if d, ok := h.oneOrOver(a, delivery.mine); ok {
		h.replyJointly(d, a)
	}
}

// oneOrOver gives a delivery, every other time that of an attempt which a later one has followed, if there is one that passes
// the test.
func (h *history) oneOrOver(a *action, test func(delivery) bool) (delivery, bool) {
	over := keep(h.held, func(d delivery) bool { return d.step.out() && d.attempt != d.step.attempt && test(d) })
	if len(over) > 0 && a.of(2) == 0 {
		return over[a.of(len(over))], true
	}
	return h.one(a)
}

// replyJointly replies in the transaction of an effect, and commits both or, when the reply is refused or the worker thinks
// better of it, neither. Now and then it mistakes the namespace.
func (h *history) replyJointly(d delivery, a *action) {
	name, fails, with := d.step.task.namespace.name, a.of(3) == 2, answer{status: "success", tells: a.of(3)}
	mistaken := a.of(8) == 7
	if mistaken {
		name = names[(slices.Index(names, name)+1)%len(names)]
	}
	var taken bool
	err := h.inTransaction(func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.w.ctx, effectSQL, d.step.id); err != nil {
			return err
		}
		err := tx.QueryRow(h.w.ctx, `SELECT tasker.reply($1, $2, $3, $4)`, name, d.id, d.read, with.body(d.step, d.attempt)).Scan(&taken)
		if err == nil && (fails || !taken) {
			return errRolledBack
		}
		return err
	})
	pg := (*pgconn.PgError)(nil)
	mismatched := errors.As(err, &pg) && pg.Code == "TK400"
	if !mismatched && !errors.Is(err, errRolledBack) {
		h.must(err)
	}
	if expected := d.current() && d.mine() && !mistaken; taken != expected || mismatched != (mistaken && d.current()) {
		h.Fatalf("joint reply to %v, mistaken %t, was taken: %t, %v; the model says %t", d, mistaken, taken, err, expected)
	}
	if taken && !fails {
		h.m.replyJointly(d, with)
	}
	h.say("a worker replies to %v together with its effect, %d events, mistaken %t, rolled back %t: %t", d, with.tells, mistaken, fails, taken)
}

// checkpoint saves how far an attempt has come, now or much too late, and reads what is saved.
func (h *history) checkpoint(a *action) {
	d, ok := h.oneOrOver(a, func(delivery) bool { return true })
	if !ok {
		return
	}
	value := a.of(1000)
	var saved bool
	h.must(h.w.pool.QueryRow(h.w.ctx, `SELECT tasker.save_checkpoint($1, $2, to_jsonb($3::integer))`, d.step.id, d.attempt, value).Scan(&saved))
	expected := d.attempt == d.step.attempt && d.step.out()
	if saved != expected {
		h.Fatalf("checkpoint of %v was saved: %t; the model says %t", d, saved, expected)
	}
	if expected {
		d.step.checkpoint = fmt.Sprintf("%d %d", d.attempt, value)
	}
	var read string
	h.must(h.w.pool.QueryRow(h.w.ctx, `SELECT coalesce(tasker.read_checkpoint($1)::text, '')`, d.step.id).Scan(&read))
	if _, last, _ := strings.Cut(d.step.checkpoint, " "); read != last {
		h.Fatalf("checkpoint of %v is %q; the model says %q", d, read, last)
	}
	h.say("a worker saves %d for %v: %t", value, d, saved)
}

// jointInRush replies to what was read, together with an effect and after a checkpoint. Whether it was taken, nobody can
// foretell; the invariants say whether effects and states agree.
func (h *history) jointInRush(namespace string, m leased, with answer) error {
	body := with.body(&step{task: &task{}}, 1)
	body["step_id"], body["task_id"], body["attempt"] = m.Message["step_id"], m.Message["task_id"], m.Message["attempt"]
	err := h.inTransaction(func(tx pgx.Tx) error {
		var taken bool
		_, err := tx.Exec(h.w.ctx, `SELECT tasker.save_checkpoint($1, $2, '1')`, body["step_id"], body["attempt"])
		if err == nil {
			_, err = tx.Exec(h.w.ctx, effectSQL, body["step_id"])
		}
		if err == nil {
			err = tx.QueryRow(h.w.ctx, `SELECT tasker.reply($1, $2, $3, $4)`, namespace, m.ID, m.ReadCt, body).Scan(&taken)
		}
		if err == nil && !taken {
			return errRolledBack
		}
		return err
	})
	if errors.Is(err, errRolledBack) {
		return nil
	}
	return err
}
