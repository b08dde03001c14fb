package modeltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

const lease = quantum

func seconds(n int) *int { return &n }

// answers are what workers say, success most often.
var answers = []answer{
	{status: "success"}, {status: "failed"}, {status: "success"}, {status: "failed", permanent: true}, {status: "success"},
	{status: "failed", after: seconds(0)}, {status: "success"}, {status: "failed", after: seconds(3 * quantum)},
	{status: "timed_out"}, {status: "skipped"}, {status: "cancelled"}, {status: "timed_out", permanent: true},
}

// someAnswer is a success, and as often any answer; every third one tells of something.
func someAnswer(a *action) (some answer) {
	if some = answers[0]; a.of(2) == 1 {
		some = answers[a.of(len(answers))]
	}
	some.tells = max(a.of(6)-3, 0)
	return some
}

// body is a result as a worker sends it. Half of the wishes come as a Retry-After header.
func (r answer) body(s *step, attempt int) map[string]any {
	body := map[string]any{"protocol": 1, "step_id": s.id, "task_id": s.task.id, "attempt": attempt, "status": r.status,
		"worker": map[string]any{"id": "worker"}}
	switch {
	case r.permanent && r.status == "failed":
		body["error"] = map[string]any{"error_type": "Final", "message": "never again", "retryable": false}
	case r.permanent:
		body["error"] = map[string]any{"error_type": "Slow", "message": "a clock knows nothing of errors", "retryable": false}
	case r.status == "failed" && attempt%2 == 0:
		body["error"] = map[string]any{"error_type": "Boom", "message": "it broke"}
	}
	advice := map[string]any{"events": r.events()}
	switch {
	case r.after != nil && attempt%2 == 0:
		advice["headers"] = map[string]any{"Retry-After": fmt.Sprint(*r.after)}
	case r.after != nil:
		advice["backoff_hint"] = map[string]any{"delay_seconds": *r.after, "type": "x"}
	}
	body["orchestration_metadata"] = advice
	return body
}

// some gives one of the namespaces.
func (h *history) some(a *action) *namespace { return h.m.namespaces[a.of(len(h.m.namespaces))] }

// one gives a delivery that some worker got: one of the newest, or of a step that is out just now, perhaps with a later
// attempt, or any; nothing when there is none.
func (h *history) one(a *action) (delivery, bool) {
	from := h.held
	switch a.of(3) {
	case 0:
		from = h.held[max(len(h.held)-3, 0):]
	case 1:
		from = keep(h.held, func(d delivery) bool { return d.step.out() })
	}
	if len(from) == 0 {
		return delivery{}, false
	}
	return from[len(from)-1-a.of(len(from))], true
}

// hold remembers deliveries, and forgets the oldest.
func (h *history) hold(got []delivery) {
	h.held = append(h.held, got...)
	h.held = h.held[max(len(h.held)-40, 0):]
}

// read is a plain worker's: nothing but pgmq.
func (h *history) read(a *action) {
	n, quantity := h.some(a), 1+a.of(3)
	ids, err := h.w.ids(`SELECT msg_id FROM pgmq.read($1, $2, $3)`, n.name+"_queue", lease, quantity)
	h.must(err)
	got := h.m.read(n, lease, quantity)
	h.same("read", ids, got)
	h.hold(got)
	h.say("a plain worker reads %v", got)
}

// same checks that the database gave the messages that the model gave.
func (h *history) same(what string, ids []int64, got []delivery) {
	var expected []int64
	for _, d := range got {
		expected = append(expected, d.id)
	}
	slices.Sort(ids)
	if !slices.Equal(ids, expected) {
		h.Fatalf("%s gave messages %v; the model says %v", what, ids, expected)
	}
}

// work reads and announces, as the protocol's functions do, and answers at once what may run.
func (h *history) work(a *action) {
	n := h.some(a)
	for _, d := range h.readSteps(n, 1+a.of(3)) {
		if a.of(3) == 2 {
			h.replyJointly(d, a)
			continue
		}
		h.replyBySQL([]delivery{d}, someAnswer(a))
	}
}

// die is a worker that starts and is never heard of again: its lease runs out.
func (h *history) die(a *action) {
	h.readSteps(h.some(a), 1+a.of(3))
	h.pass(lease)
}

// workAll runs everything that waits, successfully, and throws away what is stale.
func (h *history) workAll(n *namespace) {
	h.replyBySQL(h.readSteps(n, 100), answers[0])
}

// readSteps is tasker.read_steps. Stale messages are thrown away; it gives what may run.
func (h *history) readSteps(n *namespace, quantity int) (run []delivery) {
	answered := map[int64]string{}
	rows, err := h.w.pool.Query(h.w.ctx, `SELECT msg_id, answer FROM tasker.read_steps($1, $2, $3, 'worker')`, n.name, lease, quantity)
	h.must(err)
	var id int64
	var answer string
	_, err = pgx.ForEachRow(rows, []any{&id, &answer}, func() error {
		answered[id] = answer
		return nil
	})
	h.must(err)
	var got []delivery
	expected := map[int64]string{}
	if !h.m.pausedIn(n) {
		got = h.m.read(n, lease, quantity)
		expected = h.m.startAll(got)
	}
	if fmt.Sprint(answered) != fmt.Sprint(expected) {
		h.Fatalf("read_steps answered %v; the model says %v", answered, expected)
	}
	h.hold(got)
	h.say("a worker reads %v: %v", got, answered)
	for _, d := range got {
		switch answered[d.id] {
		case "started":
			run = append(run, d)
		case "stale":
			h.must(h.w.exec(`SELECT pgmq.delete($1, $2::bigint)`, n.name+"_queue", d.id))
			h.m.remove(d.message)
		}
	}
	return run
}

// startAll announces what one read gave; an attempt that came twice starts once.
func (m *model) startAll(got []delivery) map[int64]string {
	type attempt struct {
		*step
		number int
	}
	answers, said := map[int64]string{}, map[attempt]string{}
	for _, d := range got {
		this := attempt{d.step, d.attempt}
		if said[this] == "" {
			said[this] = m.start(d.step, d.attempt)
		}
		answers[d.id] = said[this]
	}
	return answers
}

// start announces something that was read, now or long ago.
func (h *history) start(a *action) {
	d, ok := h.one(a)
	if !ok {
		return
	}
	var answer string
	h.must(h.w.pool.QueryRow(h.w.ctx, `SELECT answer FROM tasker.start_steps($1, 'worker')`,
		[]map[string]any{{"step_id": d.step.id, "attempt": d.attempt}}).Scan(&answer))
	if expected := h.m.start(d.step, d.attempt); answer != expected {
		h.Fatalf("start of %v answered %s; the model says %s", d, answer, expected)
	}
	h.say("a worker starts %v: %s", d, answer)
}

// reply answers something that was read, by the protocol's function or in a transaction of the worker's own.
func (h *history) reply(a *action) {
	d, ok := h.one(a)
	if !ok {
		return
	}
	if a.of(2) == 0 {
		h.replyBySQL([]delivery{d}, someAnswer(a))
		return
	}
	h.replyPlain(d, someAnswer(a))
}

// replyBySQL answers deliveries of one namespace alike, in one call.
func (h *history) replyBySQL(all []delivery, with answer) {
	if len(all) == 0 {
		return
	}
	var replies []map[string]any
	for _, d := range all {
		replies = append(replies, map[string]any{"msg_id": d.id, "result": with.body(d.step, d.attempt)})
	}
	ids, err := h.w.ids(`SELECT tasker.reply_steps($1, $2)`, all[0].step.task.namespace.name, replies)
	h.must(err)
	for _, d := range all {
		h.replied(d, with, slices.Contains(ids, d.id))
	}
}

func (h *history) replied(d delivery, with answer, sent bool) {
	if expected := h.m.reply(d, with); sent != expected {
		h.Fatalf("reply to %v was taken: %t; the model says %t", d, sent, expected)
	}
	h.say("a worker replies to %v with %+v: %t", d, with, sent)
}

var errNotMine = errors.New("the message is not mine any more")

func (h *history) replyPlain(d delivery, with answer) {
	err := h.inTransaction(func(tx pgx.Tx) error {
		_, err := tx.Exec(h.w.ctx, `SELECT pgmq.send('orchestration_step_results', $1::jsonb)`, with.body(d.step, d.attempt))
		if err != nil {
			return err
		}
		var deleted bool
		err = tx.QueryRow(h.w.ctx, `SELECT pgmq.delete($1, $2::bigint)`, d.step.task.namespace.name+"_queue", d.id).Scan(&deleted)
		if err == nil && !deleted {
			return errNotMine
		}
		return err
	})
	if !errors.Is(err, errNotMine) {
		h.must(err)
	}
	h.replied(d, with, err == nil)
}

// send is a worker that sends a result, or two, and leaves the message: it comes again, and the results may be late.
func (h *history) send(a *action) {
	d, ok := h.one(a)
	for range 1 + a.of(2) {
		if !ok {
			return
		}
		r := &result{step: d.step, about: d.step, attempt: d.attempt, answer: someAnswer(a)}
		h.sendResult(r, r.body(d.step, d.attempt))
		h.say("a worker answers %v with %+v and forgets the message", d, r.answer)
	}
}

// foreign sends a result for a step of somebody else: wrong task, wrong attempt, or nothing we know.
func (h *history) foreign(a *action) {
	d, ok := h.one(a)
	if !ok {
		return
	}
	r := &result{answer: answers[0]}
	body := r.body(d.step, d.attempt)
	switch a.of(3) {
	case 0:
		body["task_id"] = "00000000-0000-4000-8000-000000000000"
		r.about, r.attempt = d.step, d.attempt
	case 1:
		body["step_id"] = 1<<40 + d.step.id
	case 2:
		r.step, r.about, r.attempt = d.step, d.step, d.attempt+1+a.of(2)
		body["attempt"] = r.attempt
	}
	h.sendResult(r, body)
	h.say("a stranger sends a result like that of %v", d)
}

// garble sends a result that nobody can read. When it names its attempt, that one has failed for good.
func (h *history) garble(a *action) {
	d, ok := h.one(a)
	if !ok {
		return
	}
	r := &result{garbled: true}
	body := map[string]any{"protocol": 1, "nonsense": true}
	if a.of(2) == 1 {
		r.step, r.about, r.attempt = d.step, d.step, d.attempt
		body = r.body(d.step, d.attempt)
		body["status"] = "perhaps"
	}
	h.sendResult(r, body)
	h.say("somebody sends nonsense about %v, with its name: %t", d, r.step != nil)
}

func (h *history) sendResult(r *result, body map[string]any) {
	encoded, err := json.Marshal(body)
	h.must(err)
	h.must(h.w.exec(`SELECT pgmq.send('orchestration_step_results', $1::text::jsonb)`, string(encoded)))
	h.m.results = append(h.m.results, r)
}

// release gives a message back, with or without a delay.
func (h *history) release(a *action) {
	d, ok := h.one(a)
	if !ok {
		return
	}
	delay := quantum * a.of(2)
	ids, err := h.w.ids(`SELECT tasker.release_steps($1, $2, $3)`, d.step.task.namespace.name,
		[]map[string]any{{"msg_id": d.id, "read_ct": d.read, "step_id": d.step.id, "attempt": d.attempt}}, delay)
	h.must(err)
	if expected := h.m.release(d, delay); (len(ids) == 1) != expected {
		h.Fatalf("release of %v gave %v; the model says %t", d, ids, expected)
	}
	h.say("a worker gives %v back for %d seconds: %v", d, delay, ids)
}

// extend makes a lease longer.
func (h *history) extend(a *action) {
	d, ok := h.one(a)
	if !ok {
		return
	}
	ids, err := h.w.ids(`SELECT tasker.extend_leases($1, $2, $3, $4)`, d.step.task.namespace.name, lease, []int64{d.id}, []int{d.read})
	h.must(err)
	if expected := h.m.extend(d, lease); (len(ids) == 1) != expected {
		h.Fatalf("heartbeat of %v gave %v; the model says %t", d, ids, expected)
	}
	h.say("a worker extends its lease of %v: %v", d, ids)
}
