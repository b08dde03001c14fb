package orchestrator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// teller tells one story: to an orchestrator that ticks when it is to, and as the workers and the operator.
type teller struct {
	*world
	v        *vector
	messages map[string]stepMessage // the newest of each step, by task and step
	delays   map[string][]float64   // by task and step: what the vector says of them, before chance
}

// stepMessage is a message as a worker keeps it.
type stepMessage struct {
	id   int64
	text string
}

// attemptOf names a step of a task.
type attemptOf struct {
	task int
	step string
}

func (a attemptOf) String() string { return fmt.Sprintf("%d/%s", a.task, a.step) }

func (t *teller) of(task int, step string) attemptOf {
	if task == 0 {
		task = len(t.tasks)
	}
	return attemptOf{task, step}
}

// start creates tasks by one call of SQL.
func (t *teller) start(requests []map[string]any, later int) string {
	var first struct{ Namespace, Name string }
	require.NoError(t.t, json.Unmarshal(t.v.Templates[0], &first))
	var asked []map[string]any
	for _, request := range requests {
		whole := map[string]any{"namespace": first.Namespace, "name": first.Name}
		if later != 0 {
			whole["start_at"] = time.Now().Add(time.Duration(later) * time.Second).Format(time.RFC3339Nano)
		}
		for key, value := range request {
			whole[key] = value
		}
		asked = append(asked, whole)
	}
	rows, err := t.pool.Query(t.ctx, `SELECT task_id::text, created, state FROM tasker.create_tasks($1::jsonb) ORDER BY ordinal`, asked)
	require.NoError(t.t, err)
	var id, state string
	var created bool
	var said []string
	_, err = pgx.ForEachRow(rows, []any{&id, &created, &state}, func() error {
		said = append(said, fmt.Sprintf("task %d, %s%s", t.number(id), state, map[bool]string{true: "", false: ", as before"}[created]))
		return nil
	})
	return t.refused(err, strings.Join(said, "; "))
}

// runDue works on what is on the queue, until nothing is left that could run.
func (t *teller) runDue() string {
	attempts := 0
	for {
		t.mustTick()
		before := attempts
		for _, a := range t.waiting() {
			if t.begin(a) == "started" {
				attempts++
				t.answer(a, 0)
			}
		}
		if attempts == before {
			return fmt.Sprintf("ran %d", attempts)
		}
	}
}

// waiting gives what lies on the queue and nobody works on.
func (t *teller) waiting() (all []attemptOf) {
	rows, err := t.pool.Query(t.ctx, `SELECT message ->> 'task_id', message ->> 'step_name' FROM pgmq.q_demo_queue q
		WHERE NOT EXISTS (SELECT FROM tasker.steps s WHERE s.msg_id = q.msg_id AND s.state = 'in_progress') ORDER BY msg_id`)
	require.NoError(t.t, err)
	var id, step string
	_, err = pgx.ForEachRow(rows, []any{&id, &step}, func() error {
		all = append(all, attemptOf{t.number(id), step})
		return nil
	})
	require.NoError(t.t, err)
	return all
}

// take takes the message of a step.
func (t *teller) take(a attemptOf) string {
	var m stepMessage
	err := t.pool.QueryRow(t.ctx, `SELECT msg_id, message::text FROM pgmq.q_demo_queue WHERE message ->> 'task_id' = $1 AND message ->> 'step_name' = $2
		ORDER BY msg_id DESC LIMIT 1`, t.tasks[a.task-1], a.step).Scan(&m.id, &m.text)
	if errors.Is(err, pgx.ErrNoRows) {
		return "not handed out"
	}
	require.NoError(t.t, err)
	t.held[a.step] = m.text
	t.messages[a.String()] = m
	return "taken"
}

// begin takes it and announces the start. A stale message goes; one that may not be started is not this worker's.
func (t *teller) begin(a attemptOf) string {
	before := t.messages[a.String()]
	if said := t.take(a); said != "taken" {
		return said
	}
	said, m := t.world.start([]string{a.step}, nil)[0], t.messages[a.String()]
	switch said {
	case "started":
		_, err := t.pool.Exec(t.ctx, `UPDATE pgmq.q_demo_queue SET vt = clock_timestamp() + interval '1 day' WHERE msg_id = $1`, m.id)
		require.NoError(t.t, err)
		return said
	case "stale":
		t.delete(m)
	}
	t.messages[a.String()] = before
	return said
}

func (t *teller) delete(m stepMessage) {
	_, err := t.pool.Exec(t.ctx, `DELETE FROM pgmq.q_demo_queue WHERE msg_id = $1`, m.id)
	require.NoError(t.t, err)
}

// finish answers an attempt and says whether that counted.
func (t *teller) finish(a attemptOf, attempt int) string {
	if t.messages[a.String()].text == "" {
		return "not begun"
	}
	t.answer(a, attempt)
	report, err := t.o.Tick(t.ctx)
	require.NoError(t.t, err)
	return map[bool]string{true: "counted", false: "stale"}[report.Applied == 1]
}

// answer sends what the vector says that this attempt gives, or, as somebody who comes late, for another attempt.
func (t *teller) answer(a attemptOf, attempt int) {
	m := t.messages[a.String()]
	var message map[string]any
	require.NoError(t.t, json.Unmarshal([]byte(m.text), &message))
	result := map[string]any{"protocol": 1, "step_id": message["step_id"], "task_id": message["task_id"], "attempt": message["attempt"]}
	t.describe(result, a.step)
	if attempt != 0 {
		result["attempt"] = attempt
	} else {
		t.delete(m)
	}
	_, err := t.pool.Exec(t.ctx, `SELECT pgmq.send('orchestration_step_results', $1::jsonb)`, result)
	require.NoError(t.t, err)
}

// describe fills a result in as the script of outcomes says: with a word, or with parts of a result.
func (t *teller) describe(result map[string]any, step string) {
	attempt, outcome := int(result["attempt"].(float64)), json.RawMessage(`"ok"`)
	if outcomes := t.v.Outcomes[step]; attempt <= len(outcomes) {
		outcome = outcomes[attempt-1]
	}
	var word string
	if json.Unmarshal(outcome, &word) == nil {
		describe(result, word)
		return
	}
	require.NoError(t.t, json.Unmarshal(outcome, &result))
}

// giveBack gives the message of a step back, as the worker that has it.
func (t *teller) giveBack(a attemptOf) string {
	var given int
	err := t.pool.QueryRow(t.ctx, `SELECT count(*) FROM pgmq.q_demo_queue q CROSS JOIN tasker.release_steps('demo', jsonb_build_array(
			jsonb_build_object('msg_id', q.msg_id, 'read_ct', q.read_ct, 'step_id', message -> 'step_id', 'attempt', message -> 'attempt')))
		WHERE q.msg_id = $1`, t.messages[a.String()].id).Scan(&given)
	require.NoError(t.t, err)
	return map[bool]string{true: "released", false: "not held"}[given == 1]
}

// steer is the hand of the operator ops.
func (t *teller) steer(a act) string {
	task := t.of(a.Task, "").task
	action := "SELECT tasker." + a.Control
	switch {
	case a.Every != nil:
		return t.steerEvery(a)
	case a.Everything:
		return t.one(action+`_everything('ops', nullif($1, ''))::text`, a.Reason)
	case a.Namespace != "":
		return t.one(action+`_namespace($1, 'ops', nullif($2, ''))::text`, a.Namespace, a.Reason)
	case a.Step != "" && a.Control == "resolve":
		return t.one(action+`_step($1, $2, $3::jsonb, 'ops', nullif($4, ''))`, t.tasks[task-1], a.Step, a.Results, a.Reason)
	case a.Step != "":
		return t.one(action+`_step($1, $2, 'ops', nullif($3, ''))`, t.tasks[task-1], a.Step, a.Reason)
	}
	return t.one(action+`_task($1, 'ops', nullif($2, ''))`, t.tasks[task-1], a.Reason)
}

func (t *teller) one(sql string, arguments ...any) string {
	var said string
	err := t.pool.QueryRow(t.ctx, sql, arguments...).Scan(&said)
	return t.refused(err, said)
}

func (t *teller) steerEvery(a act) string {
	rows, err := t.pool.Query(t.ctx, `SELECT task_id::text, state, refusal FROM tasker.control_tasks(
		$1, ARRAY(SELECT tasker.find_tasks($2::jsonb)), 'ops', nullif($3, ''))`, a.Control, *a.Every, a.Reason)
	require.NoError(t.t, err)
	var id, state string
	var refusal *string
	var said []string
	_, err = pgx.ForEachRow(rows, []any{&id, &state, &refusal}, func() error {
		if refusal != nil {
			state += ", " + *refusal
		}
		said = append(said, fmt.Sprintf("task %d: %s", t.number(id), state))
		return nil
	})
	slices.Sort(said)
	return t.refused(err, t.anonymous(strings.Join(said, "; ")))
}

var elsewhere = regexp.MustCompile(`^TK40[49].*`) // what is not there is said in each language's own words

// refused gives what was said, or the refusal.
func (t *teller) refused(err error, words string) string {
	if err == nil {
		return words
	}
	message := t.anonymous(said(err)[0])
	return "refused " + elsewhere.ReplaceAllStringFunc(message, func(text string) string { return text[:5] })
}

func (t *teller) mustTick() {
	_, err := t.o.Tick(t.ctx)
	require.NoError(t.t, err)
}
