package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// world is what a script acts on: a database, one orchestrator that ticks when told to, and a worker that speaks plain
// pgmq and remembers what it read.
type world struct {
	t     *testing.T
	ctx   context.Context
	pool  *pgxpool.Pool
	o     *orchestrator.Orchestrator
	tasks []string          // ids, in order of creation: a script calls them 1, 2, …
	held  map[string]string // the newest message read for a step name
	other pgx.Tx            // somebody else's open transaction
}

func newWorld(t *testing.T) *world {
	url := dbtest.URL(t)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, Actor: "orchestrator"})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return &world{t: t, ctx: t.Context(), pool: pool, o: o, held: map[string]string{}}
}

// template NAME, with a step a line: "name: parent parent, max_attempts=2 backoff=fixed:10 skippable".
func (w *world) template(words, body []string) []string {
	t := tasker.Template{Namespace: "demo", Name: words[0], Version: "1.0.0"}
	for _, line := range body {
		t.Steps = append(t.Steps, step(line))
	}
	r, err := w.o.RegisterTemplate(w.ctx, t)
	return said(err, fmt.Sprintf("registered %t", r.Created))
}

func step(line string) tasker.Step {
	graph, options, _ := strings.Cut(line, ",")
	name, parents, _ := strings.Cut(graph, ":")
	s := tasker.Step{Name: name, HandlerClass: "Handler", DependsOn: strings.Fields(parents), MaxAttempts: 3,
		Retryable: true, Backoff: tasker.Backoff{Strategy: "exponential", BaseSeconds: 1, MaxSeconds: 300}}
	for _, option := range strings.Fields(options) {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "max_attempts":
			s.MaxAttempts = number(value)
		case "retryable":
			s.Retryable = value == "true"
		case "skippable":
			s.Skippable = true
		case "backoff":
			strategy, base, _ := strings.Cut(value, ":")
			s.Backoff = tasker.Backoff{Strategy: strategy, BaseSeconds: float64(number(base)), MaxSeconds: 300}
		}
	}
	return s
}

// request NAME [key=K] [priority=N] [id=UUID] [in=SECONDS] creates a task by SQL, as an application does.
func (w *world) request(words, _ []string) []string {
	request := map[string]any{"namespace": "demo", "name": words[0], "context": map[string]any{"of": words[0]}}
	for _, option := range words[1:] {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "key":
			request["idempotency_key"] = value
		case "id":
			request["request_id"] = value
		case "priority":
			request["priority"] = number(value)
		case "in":
			request["start_at"] = w.in(number(value))
		}
	}
	var id, state string
	var created bool
	err := w.pool.QueryRow(w.ctx, `SELECT task_id, created, state FROM tasker.create_task($1)`, request).Scan(&id, &created, &state)
	if err != nil {
		return said(err)
	}
	return []string{fmt.Sprintf("task %d, created %t, %s", w.number(id), created, state)}
}

// requests, with one request a line, creates tasks by one call of SQL.
func (w *world) requests(_, body []string) []string {
	rows, err := w.pool.Query(w.ctx, `SELECT task_id::text, created FROM tasker.create_tasks($1::jsonb) ORDER BY ordinal`,
		"["+w.moments(strings.Join(body, ","))+"]")
	require.NoError(w.t, err)
	var id string
	var created bool
	var printed []string
	_, err = pgx.ForEachRow(rows, []any{&id, &created}, func() error {
		printed = append(printed, fmt.Sprintf("task %d, created %t", w.number(id), created))
		return nil
	})
	return said(err, printed...)
}

// send QUEUE, with a JSON message as body, puts it there as a stranger would.
func (w *world) send(words, body []string) []string {
	_, err := w.pool.Exec(w.ctx, `SELECT pgmq.send($1, $2::text::jsonb)`, words[0], w.fill(strings.Join(body, " ")))
	return said(err)
}

// tick runs one pass and prints its counts.
func (w *world) tick(_, _ []string) []string {
	report, err := w.o.Tick(w.ctx)
	w.adopt()
	if err != nil {
		return said(err)
	}
	encoded, err := json.Marshal(report)
	require.NoError(w.t, err)
	var counts map[string]float64
	require.NoError(w.t, json.Unmarshal(encoded, &counts))
	var parts []string
	for _, name := range []string{"admitted", "duplicates", "applied", "retried", "failed", "stale", "finished", "enqueued",
		"dead_lettered", "postponed", "contended"} {
		if counts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%s %.0f", name, counts[name]))
		}
	}
	if due, ok := counts["next_due"]; ok {
		parts = append(parts, fmt.Sprintf("next due in %.0fs", max(due, 0)))
	}
	if parts == nil {
		return []string{"nothing"}
	}
	return []string{strings.Join(parts, ", ")}
}

// read leases whatever waits on the queue, and remembers it by step name.
func (w *world) read(_, _ []string) []string {
	rows, err := w.pool.Query(w.ctx, `SELECT message ->> 'step_name', msg_id, message FROM pgmq.read('demo_queue', 30, 100) ORDER BY msg_id`)
	require.NoError(w.t, err)
	var name, message string
	var id int64
	var printed []string
	_, err = pgx.ForEachRow(rows, []any{&name, &id, &message}, func() error {
		w.held[name] = message
		printed = append(printed, "read "+name)
		return nil
	})
	require.NoError(w.t, err)
	if printed == nil {
		return []string{"nothing"}
	}
	return printed
}

// work STEP OUTCOME… answers the oldest message for a step and takes it off the queue: ok, ok=JSON, fail, permanent,
// timed_out, skipped, with hint=S, retry_after=S, event=NAME[:PAYLOAD].
func (w *world) work(words, _ []string) []string {
	var id int64
	var message string
	err := w.pool.QueryRow(w.ctx, `DELETE FROM pgmq.q_demo_queue WHERE msg_id =
		(SELECT min(msg_id) FROM pgmq.q_demo_queue WHERE message ->> 'step_name' = $1)
		RETURNING msg_id, message`, words[0]).Scan(&id, &message)
	if err != nil {
		return []string{"no message for " + words[0]}
	}
	w.held[words[0]] = message
	return w.reply(words, nil)
}

// reply STEP OUTCOME… sends a result for the message that was read for the step, and leaves the message where it is.
func (w *world) reply(words, _ []string) []string {
	held, ok := w.held[words[0]]
	if !ok {
		return []string{"no message for " + words[0]}
	}
	var m map[string]any
	require.NoError(w.t, json.Unmarshal([]byte(held), &m))
	result := map[string]any{"protocol": 1, "step_id": m["step_id"], "task_id": m["task_id"], "attempt": m["attempt"]}
	for _, word := range words[1:] {
		describe(result, word)
	}
	_, err := w.pool.Exec(w.ctx, `SELECT pgmq.send('orchestration_step_results', $1::jsonb)`, result)
	return said(err)
}

// describe puts one word of a reply into the result.
func describe(result map[string]any, word string) {
	key, value, _ := strings.Cut(word, "=")
	failure := func(retryable bool) map[string]any {
		return map[string]any{"error_type": "Boom", "message": "it broke", "retryable": retryable}
	}
	switch key {
	case "ok":
		result["status"], result["results"] = "success", map[string]any{"said": "ok"}
		if value != "" {
			result["results"] = json.RawMessage(value)
		}
	case "fail":
		result["status"], result["error"] = "failed", failure(true)
	case "permanent":
		result["status"], result["error"] = "failed", failure(false)
	case "hint":
		advice(result)["backoff_hint"] = map[string]any{"delay_seconds": number(value), "type": "server_requested"}
	case "retry_after":
		advice(result)["headers"] = map[string]any{"rEtRy-aFtEr": value}
	case "event":
		tell(result, value)
	case "attempt":
		result["attempt"] = number(value)
	default:
		result["status"] = key
	}
}

func advice(result map[string]any) map[string]any {
	if result["orchestration_metadata"] == nil {
		result["orchestration_metadata"] = map[string]any{}
	}
	return result["orchestration_metadata"].(map[string]any)
}

// start STEP announces the attempt that was read.
func (w *world) start(words, _ []string) []string {
	var answer string
	err := w.pool.QueryRow(w.ctx, `SELECT answer FROM tasker.start_steps(
		jsonb_build_array(jsonb_build_object('step_id', $1::jsonb -> 'step_id', 'attempt', $1::jsonb -> 'attempt')), 'worker')`,
		w.held[words[0]]).Scan(&answer)
	return said(err, answer)
}

// hold TABLE WHERE… locks rows in somebody else's transaction, which stays open; "hold key K" locks an idempotency key,
// "hold message STEP" the message of a step.
func (w *world) hold(words, _ []string) []string {
	if w.other == nil {
		tx, err := w.pool.Begin(w.ctx)
		require.NoError(w.t, err)
		w.t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
		w.other = tx
	}
	sql := "SELECT FROM tasker." + w.fill(strings.Join(words, " ")) + " FOR UPDATE"
	if words[0] == "key" {
		sql = "SELECT tasker.lock_request_keys(ARRAY[1], ARRAY[NULL::uuid], ARRAY['" + words[1] + "'], true)"
	}
	if words[0] == "message" {
		sql = "SELECT FROM pgmq.q_demo_queue WHERE message ->> 'step_name' = '" + words[1] + "' FOR UPDATE"
	}
	_, err := w.other.Exec(w.ctx, sql)
	return said(err)
}

// let ends somebody else's transaction.
func (w *world) let(_, _ []string) []string {
	err := w.other.Rollback(w.ctx)
	w.other = nil
	return said(err)
}

// window N sets how many steps the namespace may have out.
func (w *world) window(words, _ []string) []string {
	_, err := w.pool.Exec(w.ctx, `UPDATE tasker.namespaces SET dispatch_window = $1`, number(words[0]))
	return said(err)
}

// steps prints the steps of the newest task, or of task N.
func (w *world) showSteps(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', name || ':', state, nullif('attempt ' || attempt, 'attempt 0'),
			nullif('failures ' || failures, 'failures 0'), nullif('losses ' || losses, 'losses 0'),
			CASE WHEN state = 'pending' AND unmet_dependencies > 0 THEN 'waits for ' || unmet_dependencies END,
			CASE WHEN due_at IS NOT NULL THEN 'for ' || round(extract(epoch FROM due_at - clock_timestamp()))::integer || 's' END)
		FROM tasker.steps WHERE task_id = $1 ORDER BY position`, w.task(words))
}

// error STEP prints the error of a step of the newest task.
func (w *world) showError(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', error ->> 'error_type', error ->> 'message', 'retryable=' || (error ->> 'retryable'))
		FROM tasker.steps WHERE task_id = $1 AND name = $2`, w.task(nil), words[0])
}

// task prints where the newest task, or task N, stands.
func (w *world) showTask(words, _ []string) []string {
	return w.lines(`SELECT state FROM tasker.tasks WHERE task_id = $1`, w.task(words))
}

// sequence STEP prints what the message that was read for a step says of its ancestors.
func (w *world) sequence(words, _ []string) []string {
	return w.lines(`SELECT (e ->> 'step_name') || ' ' || CASE WHEN e ? 'omitted' THEN 'omitted' ELSE left((e -> 'results')::text, 60) END
		FROM jsonb_array_elements($1::jsonb -> 'execution_context' -> 'sequence') e`, w.held[words[0]])
}

// history prints every transition of the newest task's steps and of the task itself.
func (w *world) history(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', name, from_state, '→', to_state, 'by', actor, '(' || reason || ')') FROM (
		SELECT s.name, h.from_state, h.to_state, h.actor, h.reason, h.at, 0 AS kind, h.transition_id
		  FROM tasker.step_transitions h JOIN tasker.steps s USING (step_id) WHERE s.task_id = $1
		UNION ALL
		SELECT 'task', from_state, to_state, actor, reason, at, 1, transition_id
		  FROM tasker.task_transitions WHERE task_id = $1) h ORDER BY at, kind, transition_id`, w.task(words))
}

// dead prints the dead letters.
func (w *world) deadLetters(_, _ []string) []string {
	return w.lines(`SELECT queue_name || ': ' || reason FROM tasker.dead_letters ORDER BY dead_letter_id`)
}

// queues prints how many messages lie on each queue.
func (w *world) queues(_, _ []string) []string {
	return w.lines(`SELECT queue_name || ' ' || queue_length FROM pgmq.metrics_all() ORDER BY queue_name`)
}

func (w *world) lines(sql string, arguments ...any) []string {
	rows, err := w.pool.Query(w.ctx, sql, arguments...)
	require.NoError(w.t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(w.t, err)
	if len(lines) == 0 {
		return []string{"none"}
	}
	return lines
}

// adopt learns of tasks that a tick made.
func (w *world) adopt() {
	for _, id := range w.lines(`SELECT task_id::text FROM tasker.tasks t
		ORDER BY created_at, (SELECT min(step_id) FROM tasker.steps s WHERE s.task_id = t.task_id)`) {
		if id != "none" {
			w.number(id)
		}
	}
}

func (w *world) number(id string) int {
	for i, known := range w.tasks {
		if known == id {
			return i + 1
		}
	}
	w.tasks = append(w.tasks, id)
	return len(w.tasks)
}

func (w *world) task(words []string) string {
	n := len(w.tasks)
	if len(words) > 0 {
		n = number(words[0])
	}
	require.True(w.t, 0 < n && n <= len(w.tasks), "no task %d", n)
	return w.tasks[n-1]
}

// fill puts ids into a message: $task1 is the id of task 1, $step_b the id of the newest step b, $in30 a moment to come.
func (w *world) fill(text string) string {
	text = w.moments(text)
	for i, id := range w.tasks {
		text = strings.ReplaceAll(text, "$task"+strconv.Itoa(i+1), id)
	}
	for _, line := range w.lines(`SELECT name || ' ' || max(step_id) FROM tasker.steps GROUP BY name ORDER BY name DESC`) {
		name, id, _ := strings.Cut(line, " ")
		text = strings.ReplaceAll(text, "$step_"+name, id)
	}
	return text
}

// said gives the message of an error, or else the words.
func said(err error, words ...string) []string {
	if pg := (interface{ SQLState() string })(nil); errors.As(err, &pg) {
		return []string{pg.SQLState() + " " + strings.SplitN(strings.TrimPrefix(err.Error(), "ERROR: "), " (SQLSTATE", 2)[0]}
	}
	if err != nil {
		return []string{err.Error()}
	}
	return words
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}
