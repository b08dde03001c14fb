package modeltest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// verb is something that may happen: to the database and to the model alike.
type verb struct {
	name   string
	weight int
	do     func(h *history, a *action)
}

var verbs []verb

func init() { // and not at once: the verbs speak of the table they stand in
	verbs = []verb{
		{"create", 4, (*history).create}, {"submit", 2, (*history).submit}, {"repeat", 2, (*history).repeat},
		{"tick", 9, (*history).someTick}, {"pass", 4, (*history).somePass},
		{"work", 9, (*history).work}, {"read", 4, (*history).read}, {"start", 2, (*history).start},
		{"reply", 6, (*history).reply}, {"send", 2, (*history).send}, {"garble", 1, (*history).garble},
		{"foreign", 1, (*history).foreign}, {"release", 2, (*history).release}, {"extend", 1, (*history).extend},
		{"joint", 5, (*history).joint}, {"checkpoint", 2, (*history).checkpoint},
		{"window", 1, (*history).window},
		{"control task", 3, (*history).controlTask}, {"control step", 4, (*history).controlStep},
		{"pause", 1, (*history).pause}, {"resume", 1, (*history).resume},
		{"rush", 1, (*history).rush},
		{"sweep", 3, (*history).sweep}, {"lose", 2, (*history).lose}, {"die", 3, (*history).die},
	}
}

// most steps of one history, so that no history takes for ever.
const mostSteps = 120

// ask makes up a request; some share a key.
func (h *history) ask(a *action) *request {
	template := h.templates[a.of(len(h.templates))]
	if len(h.m.steps())+len(template.recipes) > mostSteps {
		return nil
	}
	r := &request{tag: fmt.Sprintf("T%d", len(h.requests)+1), template: template, priority: []int{0, 0, 20, -20}[a.of(4)]}
	if a.of(3) == 2 {
		r.key = fmt.Sprintf("key %d", a.of(2))
	}
	if a.of(5) == 4 {
		for _, skippable := range keep(template.recipes, func(r recipe) bool { return r.skippable && a.of(3) > 0 }) {
			r.skip = append(r.skip, skippable.name)
		}
	}
	if a.of(6) == 5 {
		r.start = h.m.now + quantum*[]int{1, 2, 4, 8}[a.of(4)]
	}
	h.requests = append(h.requests, r)
	return r
}

// body is a request as a caller sends it. The tag makes the request id, so the same request may come again.
func (h *history) body(r *request) map[string]any {
	var n int
	_, _ = fmt.Sscanf(r.tag, "T%d", &n)
	body := map[string]any{"namespace": r.template.namespace.name, "name": r.template.name, "priority": r.priority,
		"correlation_id": r.tag, "request_id": fmt.Sprintf("00000000-0000-4000-8000-%012d", n), "context": map[string]any{}}
	if r.key != "" {
		body["idempotency_key"] = r.key
	}
	if r.skip != nil {
		body["skip"] = r.skip
	}
	if r.start > 0 {
		body["start_at"] = h.began.Add(time.Duration(r.start-h.m.now) * time.Second).Format(time.RFC3339Nano)
	}
	return body
}

func (r *request) String() string {
	return fmt.Sprintf("%s of %s, priority %d, key %q, skipping %v, not before %d", r.tag, r.template.name, r.priority, r.key, r.skip, r.start)
}

func (h *history) create(a *action) {
	if r := h.ask(a); r != nil {
		h.createTask(r)
	}
}

// repeat creates the task of an earlier request again, which gives the task that was made then.
func (h *history) repeat(a *action) {
	if len(h.requests) == 0 {
		return
	}
	r := h.requests[a.of(len(h.requests))]
	if a.of(2) == 0 {
		h.submitRequest(r)
		return
	}
	h.createTask(r)
}

func (h *history) createTask(r *request) {
	var id string
	var created bool
	h.must(h.w.pool.QueryRow(h.w.ctx, `SELECT task_id::text, created FROM tasker.create_task($1)`, h.body(r)).Scan(&id, &created))
	made := h.m.made(r, len(h.m.tasks))
	if made != nil == created || made != nil && made.id != id {
		h.Fatalf("%s gave task %s, created %t; the model has %v", r.tag, id, created, made)
	}
	h.m.create(r)
	h.say("create %v: %t", r, created)
}

func (h *history) submit(a *action) {
	if r := h.ask(a); r != nil {
		h.submitRequest(r)
	}
}

func (h *history) submitRequest(r *request) {
	h.must(h.w.exec(`SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`, h.body(r)))
	h.m.requests = append(h.m.requests, r)
	h.say("submit %v", r)
}

// someTick is a tick by one of the orchestrators, sometimes while somebody holds a task.
func (h *history) someTick(a *action) {
	who := a.of(len(batchSizes))
	if a.of(6) == 5 && len(h.m.tasks) > 0 {
		h.tick(who, h.m.tasks[a.of(len(h.m.tasks))])
		return
	}
	h.tick(who, nil)
}

func (h *history) tick(who int, held *task) {
	release := func() error { return nil }
	if held != nil {
		tx, err := h.w.pool.Begin(h.w.ctx)
		h.must(err)
		defer func() { _ = tx.Rollback(h.w.ctx) }()
		_, err = tx.Exec(h.w.ctx, `SELECT FROM tasker.tasks WHERE task_id = $1 FOR UPDATE`, held.id)
		h.must(err)
		release = func() error {
			// What the tick postponed comes again soon: let that moment pass.
			_, err := tx.Exec(h.w.ctx, `UPDATE pgmq.q_orchestration_step_results SET vt = clock_timestamp() WHERE vt > clock_timestamp()`)
			if err != nil {
				return err
			}
			return tx.Commit(h.w.ctx)
		}
	}
	report, err := h.w.orchestrators[who].Tick(h.w.ctx)
	h.must(err)
	h.must(release())
	h.m.tick(batchSizes[who], held, report.Behind)
	said, _ := json.Marshal(report)
	h.say("tick by %d, while somebody holds %v: %s", who+1, held, said)
}

func (h *history) somePass(a *action) { h.pass(quantum * []int{1, 1, 2, 4, 8}[a.of(5)]) }

func (h *history) pass(seconds int) {
	h.must(h.w.pass(seconds))
	h.m.now += seconds
	h.say("%d seconds pass", seconds)
}

func (h *history) window(a *action) {
	n := h.m.namespaces[a.of(len(h.m.namespaces))]
	h.setWindow(n, []int{1000, 3, 1}[a.of(3)])
}

func (h *history) setWindow(n *namespace, size int) {
	n.window = size
	i := slices.Index(h.m.namespaces, n)
	h.windows[i] = max(h.windows[i], size)
	h.must(h.w.exec(`UPDATE tasker.namespaces SET dispatch_window = $2 WHERE name = $1`, n.name, size))
	h.say("the window of %s is %d", n.name, size)
}

// open takes away everything that holds work up.
func (h *history) open() {
	for _, n := range h.m.namespaces {
		h.setWindow(n, 1000)
		h.turnNamespace(n, false)
	}
	h.turnEverything(false)
	for _, t := range keep(h.m.tasks, func(t *task) bool { return t.paused }) {
		h.controlOne("resume", t)
	}
}

// inTransaction runs f in a transaction of a worker.
func (h *history) inTransaction(f func(pgx.Tx) error) error {
	return pgx.BeginFunc(h.w.ctx, h.w.pool, f)
}
