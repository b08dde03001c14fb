package orchestrator_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// taskStanding is where a task of a vector stands, and how it came there.
type taskStanding struct {
	State string         `json:"state"`
	Key   string         `json:"key,omitempty"` // held or free, if it has one
	Moves []string       `json:"moves,omitempty"`
	Steps []stepStanding `json:"steps,omitempty"`
}

// stepStanding is the same of a step. What is zero or nothing is left out.
type stepStanding struct {
	Name     string            `json:"name"`
	State    string            `json:"state"`
	Attempt  int               `json:"attempt,omitempty"`
	Failures int               `json:"failures,omitempty"`
	Losses   int               `json:"losses,omitempty"`
	Delays   []float64         `json:"delays,omitempty"` // seconds until the next attempt, before chance shortens them
	Results  json.RawMessage   `json:"results,omitempty"`
	Error    string            `json:"error,omitempty"`
	Saw      []json.RawMessage `json:"saw,omitempty"`     // the results that its last attempt got, in order
	Message  any               `json:"message,omitempty"` // the last one, without ids and times
	Blocked  string            `json:"blocked,omitempty"` // why it does not run
	Moves    []string          `json:"moves,omitempty"`
}

// standings asks the database.
func (t *teller) standings() (all []taskStanding) {
	for i, id := range t.tasks {
		var s taskStanding
		require.NoError(t.t, t.pool.QueryRow(t.ctx, `SELECT state, CASE WHEN idempotency_key IS NULL THEN ''
			WHEN key_held THEN 'held' ELSE 'free' END FROM tasker.tasks WHERE task_id = $1`, id).Scan(&s.State, &s.Key))
		s.Moves = t.moves(`SELECT from_state, to_state, reason FROM tasker.task_transitions WHERE task_id = $1 ORDER BY transition_id`, id)
		s.Steps = t.stepStandings(i+1, id)
		all = append(all, s)
	}
	return all
}

func (t *teller) stepStandings(task int, id string) (all []stepStanding) {
	rows, err := t.pool.Query(t.ctx, `SELECT s.name, s.state, s.attempt, s.failures, s.losses, s.results,
		coalesce(concat_ws(': ', nullif(s.error ->> 'error_type', ''), nullif(s.error ->> 'message', '')), ''), coalesce(e.code, '')
		FROM tasker.steps s LEFT JOIN tasker.explain_task($1) e USING (step_id) WHERE s.task_id = $1 ORDER BY s.position`, id)
	require.NoError(t.t, err)
	var s stepStanding
	_, err = pgx.ForEachRow(rows, []any{&s.Name, &s.State, &s.Attempt, &s.Failures, &s.Losses, &s.Results, &s.Error, &s.Blocked}, func() error {
		if string(s.Results) == "null" {
			s.Results = nil // as if there were none: Ruby has one nothing
		}
		all = append(all, s)
		s.Results = nil
		return nil
	})
	require.NoError(t.t, err)
	for i := range all {
		t.complete(&all[i], task, id)
	}
	return all
}

// complete adds what lies elsewhere.
func (t *teller) complete(s *stepStanding, task int, id string) {
	moves := t.moves(`SELECT h.from_state, h.to_state, h.reason FROM tasker.step_transitions h JOIN tasker.steps s USING (step_id)
		WHERE s.task_id = $1 AND s.name = '`+s.Name+`' ORDER BY transition_id`, id)
	place := attemptOf{task, s.Name}
	for _, move := range moves {
		if wait := waits.FindStringSubmatch(move); wait != nil {
			s.Delays = append(s.Delays, t.delay(place, len(s.Delays), wait[2], wait[3]))
			move = waits.ReplaceAllString(move, "$1 by $3)")
		}
		s.Moves = append(s.Moves, move)
	}
	if m := t.messages[place.String()]; m.text != "" {
		s.Saw = saw(t, m)
		if t.v.Messages {
			require.NoError(t.t, json.Unmarshal([]byte(t.anonymous(m.text)), &s.Message))
			strip(s.Message)
		}
	}
}

// strip takes away what differs from run to run.
func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range []string{"step_id", "task_id", "created_at", "processed_at"} {
			delete(v, key)
		}
		for _, inner := range v {
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}

func (t *teller) moves(sql, id string) (all []string) {
	return slices.DeleteFunc(t.lines(`SELECT from_state || ' → ' || to_state || coalesce(' (' || reason || ')', '') FROM (`+sql+`) h`, id),
		func(line string) bool { return line == "none" })
}

// waits finds how long a step waits in the reason of its failure.
var waits = regexp.MustCompile(`(attempt \d+) in (\S+) by (hint|retry_after|backoff)\)$`)

// delay gives how long a step waited. Where chance had a part in it, it gives what the vector says, if that can be.
func (t *teller) delay(place attemptOf, n int, text, source string) float64 {
	waited, err := time.ParseDuration(text)
	require.NoError(t.t, err)
	told := t.delays[place.String()]
	if source == "backoff" && n < len(told) {
		jitter := t.jitter(place.step)
		if seconds := waited.Seconds(); jitter > 0 && seconds <= told[n] && seconds >= told[n]*(1-jitter)-0.001 {
			return told[n]
		}
	}
	return waited.Seconds()
}

func (t *teller) jitter(step string) float64 {
	template, err := tasker.ParseTemplate(t.v.Templates[0], "", nil)
	require.NoError(t.t, err)
	i := slices.IndexFunc(template.Steps, func(s tasker.Step) bool { return s.Name == step })
	return template.Steps[i].Backoff.Jitter
}

func delaysOf(v *vector) map[string][]float64 {
	delays := map[string][]float64{}
	for i, task := range v.Expected {
		for _, step := range task.Steps {
			delays[attemptOf{i + 1, step.Name}.String()] = step.Delays
		}
	}
	return delays
}

// saw gives what a message says of the steps that came before.
func saw(t *teller, m stepMessage) (all []json.RawMessage) {
	var message struct {
		Context struct {
			Sequence []struct {
				Name    string          `json:"step_name"`
				Results json.RawMessage `json:"results"`
			} `json:"sequence"`
		} `json:"execution_context"`
	}
	require.NoError(t.t, json.Unmarshal([]byte(m.text), &message))
	for _, entry := range message.Context.Sequence {
		pair, err := json.Marshal([]any{entry.Name, entry.Results})
		require.NoError(t.t, err)
		all = append(all, pair)
	}
	return all
}
