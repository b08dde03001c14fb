package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// These tests send what nobody should through every door. It is kept as it is, or refused, and then nothing changed.

// kept are JSON values that go through every door as they are: a value that jsonb calls equal comes out.
var kept = map[string]string{
	"quotes":                 `"it's \"quoted\" \\ and $tag$ and E'\\x'"`,
	"SQL":                    `"'; DROP TABLE tasker.tasks; --"`,
	"placeholders":           `"$1 ? :name %s %I {0} ${HOME}"`,
	"emoji":                  `"🦀👩‍👩‍👧‍👦 \ud83e\udd80"`,
	"control characters":     `"\u0001\u001f\u007f\b\f\n\r\t\u2028\u2029"`,
	"right to left":          "\"\u202eabc\u2066\ufeff\"",
	"not normalized":         "\"e\u0301 \u00e9 \u212b\"",
	"HTML":                   `"<script>&amp;</script>"`,
	"big integer":            `12345678901234567890123456789012345678901234567890`,
	"big negative":           `-9223372036854775809`,
	"many digits":            `0.1234567890123456789012345678901234567890`,
	"exponent":               `1.5e300`,
	"keys":                   `{"": 1, " ": 2, "a.b": 3, "$x": 4, "__proto__": 5, "'; --": 6, "on_error": 7, "🦀": 8}`,
	"empty":                  `[null, "", {}, [], false, 0]`,
	"the words of a message": `{"protocol": 2, "step_id": "x", "omitted": true, "sequence": []}`,
	"100 levels":             strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100),
	"nearly 1 MiB":           `"` + strings.Repeat("x", 1<<20-100) + `"`,
	"nearly 1 MiB of emoji":  `"` + strings.Repeat("🦀", (1<<20-100)/4) + `"`,
}

// refused are values that no door takes.
var refused = map[string]string{
	"NUL":                `"a\u0000b"`,
	"raw NUL":            "\"a\x00b\"",
	"lone high half":     `"\ud800"`,
	"lone low half":      `"\udc00 x"`,
	"invalid UTF-8":      "\"\xff\xfe\"",
	"overlong UTF-8":     "\"\xc0\xaf\"",
	"NaN":                `NaN`,
	"Infinity":           `-Infinity`,
	"hexadecimal":        `0x10`,
	"raw line break":     "\"a\nb\"",
	"cut off":            `{"a": [1, 2`,
	"trailing":           `1}} {}`,
	"more than 1 MiB":    `"` + strings.Repeat("x", 1<<20) + `"`,
	"1,000 levels":       strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000),
	"a million brackets": strings.Repeat(`[`, 1<<20),
	"a huge number":      `1e999999`,
}

// hostile is a database with a template of two steps, and an orchestrator that ticks when told to.
type hostile struct {
	o    *orchestrator.Orchestrator
	pool *pgxpool.Pool
}

func newHostile(t *testing.T) hostile {
	t.Helper()
	url := dbtest.URL(t)
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	step := func(name string, parents ...string) tasker.Step {
		return tasker.Step{Name: name, HandlerClass: "Handler", DependsOn: parents, MaxAttempts: 1, Retryable: true, Backoff: tasker.DefaultBackoff}
	}
	_, err = o.RegisterTemplate(t.Context(), tasker.Template{Namespace: "demo", Name: "two", Version: "1.0.0",
		Steps: []tasker.Step{step("a"), step("b", "a")}})
	require.NoError(t, err)
	return hostile{o, openPool(t, url)}
}

func requestWith(context string) string {
	return `{"namespace": "demo", "name": "two", "context": {"v": ` + context + `}}`
}

// doors are the ways by which a request becomes a task; each gives an error for one that is refused.
func (h hostile) doors() map[string]func(t *testing.T, request string) error {
	return map[string]func(t *testing.T, request string) error{
		"sql": func(t *testing.T, request string) error {
			_, err := h.pool.Exec(t.Context(), `SELECT tasker.create_task($1::text::jsonb)`, request)
			return err
		},
		"sql in bulk": func(t *testing.T, request string) error {
			_, err := h.pool.Exec(t.Context(), `SELECT tasker.create_tasks($1::text::jsonb)`, "["+request+"]")
			return err
		},
		"go": func(t *testing.T, request string) error {
			decoded, err := tasker.DecodeRequest([]byte(request))
			if err == nil {
				_, err = h.o.CreateTask(t.Context(), decoded)
			}
			return err
		},
		"queue": func(t *testing.T, request string) error {
			if _, err := queue.Send(t.Context(), h.pool, queue.TaskRequests, []byte(request)); err != nil {
				return err
			}
			report, err := h.o.Tick(t.Context())
			require.NoError(t, err)
			if report.DeadLettered == 1 {
				return errDeadLetter
			}
			return nil
		},
	}
}

var errDeadLetter = errors.New("it is a dead letter")

func TestHostileContextsAreKept(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	for door, create := range h.doors() {
		for name, value := range kept {
			require.NoError(t, create(t, requestWith(value)), "%s: %s", door, name)
			var same bool
			require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT context -> 'v' = $1::text::jsonb FROM tasker.tasks
				ORDER BY created_at DESC, task_id DESC LIMIT 1`, value).Scan(&same), "%s: %s", door, name)
			require.True(t, same, "%s: %s is in the task", door, name)
			h.requireRoundTrip(t, door+": "+name, value)
		}
	}
}

// requireRoundTrip lets a worker read the newest task's message and answer with the same value, and looks at what comes
// of it: the results of the step, and what its child is told.
func (h hostile) requireRoundTrip(t *testing.T, name, value string) {
	t.Helper()
	m := h.read(t)
	require.JSONEq(t, `{"v": `+value+`}`, string(m.ExecutionContext.Task.Context), name)
	result, err := m.Answer(tasker.StatusSuccess, json.RawMessage(value)).Encode()
	require.NoError(t, err, name)
	_, err = queue.Send(t.Context(), h.pool, queue.StepResults, result)
	require.NoError(t, err, name)
	report, err := h.o.Tick(t.Context())
	require.NoError(t, err, name)
	require.Equal(t, 1, report.Applied, name)
	var same bool
	require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT results = $1::text::jsonb FROM tasker.steps WHERE step_id = $2`,
		value, m.StepID).Scan(&same), name)
	require.True(t, same, "%s is in the results", name)
	child := h.read(t)
	require.JSONEq(t, value, string(child.ExecutionContext.Sequence[0].Results), name)
}

// read takes the one message that lies on the step queue.
func (h hostile) read(t *testing.T) tasker.StepMessage {
	t.Helper()
	var body []byte
	require.NoError(t, h.pool.QueryRow(t.Context(), `DELETE FROM pgmq.q_demo_queue RETURNING message`).Scan(&body))
	m, err := tasker.DecodeStepMessage(body)
	require.NoError(t, err)
	return m
}

// everything counts whatever could have changed.
func (h hostile) everything(t *testing.T) (rows string) {
	t.Helper()
	require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM tasker.tasks), (SELECT count(*) FROM tasker.steps),
		(SELECT count(*) FROM tasker.templates), (SELECT count(*) FROM tasker.namespaces), (SELECT count(*) FROM tasker.task_transitions),
		(SELECT count(*) FROM tasker.step_transitions), (SELECT count(*) FROM pgmq.meta), (SELECT count(*) FROM pgmq.q_demo_queue))`).Scan(&rows))
	return rows
}

func TestHostileContextsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	for door, create := range h.doors() {
		for name, value := range refused {
			before := h.everything(t)
			err := create(t, requestWith(value))
			require.Error(t, err, "%s takes %s", door, name)
			requireClear(t, door+": "+name, err)
			require.Equal(t, before, h.everything(t), "%s: %s changed something", door, name)
		}
	}
}

// requireClear checks that an error is a refusal of ours, or PostgreSQL's about a value that is none: class 22, or 54 for
// what is too deep.
func requireClear(t *testing.T, name string, err error) {
	t.Helper()
	var ours *tasker.Error
	var server *pgconn.PgError
	switch {
	case errors.Is(err, errDeadLetter):
	case errors.As(err, &ours):
		require.Equal(t, tasker.CodeInvalid, ours.Code, name)
		require.Less(t, len(ours.Error()), 1000, name)
	case errors.As(err, &server):
		require.Regexp(t, `^(22|54|TK40)`, server.Code, "%s: %v", name, err)
		require.Less(t, len(server.Message), 1000, name)
	default:
		t.Errorf("%s: %v is no refusal", name, err)
	}
}

// TestHostileResultsAreRefused: the attempt fails for good with the reason, the message is kept as it came.
func TestHostileResultsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	for name, value := range refused {
		require.NoError(t, h.doors()["sql"](t, requestWith(`1`)), name)
		m := h.read(t)
		result := fmt.Sprintf(`{"protocol": 1, "step_id": %d, "task_id": "%s", "attempt": 1, "status": "success", "results": %s}`, m.StepID, m.TaskID, value)
		if _, err := queue.Send(t.Context(), h.pool, queue.StepResults, []byte(result)); err != nil {
			requireClear(t, name, err) // no JSON, or none that PostgreSQL can hold: it never left its worker
			continue
		}
		report, err := h.o.Tick(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, 1, report.DeadLettered, name)
		var state string
		var same bool
		require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT state, (SELECT message = $2::text::jsonb FROM tasker.dead_letters
			ORDER BY dead_letter_id DESC LIMIT 1) FROM tasker.steps WHERE step_id = $1`, m.StepID, result).Scan(&state, &same), name)
		require.Equal(t, "error", state, name)
		require.True(t, same, name)
	}
}

// texts are hostile words for the fields that hold text.
var texts = []string{`'; DROP TABLE tasker.tasks; --`, `"\" $$ $1 %I`, "🦀\u202e\u0301", "\x01\x1f\x7f\t\n", " ", `{"a": 1}`, `NULL`, strings.Repeat("🦀", 255)}

// TestHostileTextsAreKept: in every field of a request that is text, and in what operators say.
func TestHostileTextsAreKept(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	for door, create := range h.doors() {
		for i, text := range texts {
			fields := map[string]any{"namespace": "demo", "name": "two", "initiator": text, "source_system": text, "reason": text,
				"correlation_id": text, "idempotency_key": door + text[:min(len(text), 100)], "tags": []string{text}}
			request, err := json.Marshal(fields)
			require.NoError(t, err)
			require.NoError(t, create(t, string(request)), "%s: %q", door, text)
			var id string
			var same bool
			require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT task_id::text, initiator = $1 AND source_system = $1 AND reason = $1
				AND correlation_id = $1 AND tags = ARRAY[$1] AND idempotency_key = $2 FROM tasker.tasks ORDER BY created_at DESC, task_id DESC LIMIT 1`,
				text, fields["idempotency_key"]).Scan(&id, &same))
			require.True(t, same, "%s: %q", door, text)
			if strings.TrimSpace(text) == "" {
				continue // somebody must have done it
			}
			require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT tasker.cancel_task($1, $2, $2)`, id, text).Scan(nil), "%d", i)
			require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT actor = $2 AND reason = $2 FROM tasker.task_transitions
				WHERE task_id = $1 AND to_state = 'cancelled'`, id, text).Scan(&same))
			require.True(t, same, "%q in the history", text)
		}
	}
}

// TestHostileNamesAreRefused: what names something must have the form of a name, or name something that is there.
func TestHostileNamesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	hostileNames := append([]string{"", "Demo", "demo_queue; --", strings.Repeat("a", 41), "dém", "1a", "a b", `a"b`, "a\nb", "../a", "pgmq.q_x"}, texts...)
	before := h.everything(t)
	for _, name := range hostileNames {
		for door, create := range h.doors() {
			for _, key := range []string{"namespace", "name", "version", "request_id"} {
				if name == "" && key != "name" {
					continue // an empty one counts as none
				}
				request, err := json.Marshal(map[string]string{"namespace": "demo", "name": "two", key: name})
				require.NoError(t, err)
				require.Error(t, create(t, string(request)), "%s takes %s %q", door, key, name)
			}
		}
		for _, sql := range []string{
			`SELECT * FROM tasker.read_steps($1, 30, 1, 'w')`, `SELECT tasker.reply_steps($1, '[{"msg_id": 1, "result": {}}]')`,
			`SELECT tasker.release_steps($1, '[]')`, `SELECT tasker.extend_leases($1, 30, '{1}', '{1}')`,
			`SELECT tasker.pause_namespace($1, 'ops')`, `SELECT tasker.control_tasks($1, '{}', 'ops')`,
		} {
			_, err := h.pool.Exec(t.Context(), sql, name)
			require.Error(t, err, "%s takes %q", sql, name)
		}
		form, err := json.Marshal(map[string]any{"namespace": name, "name": "x", "version": "1.0.0", "steps": []any{}})
		require.NoError(t, err)
		_, err = h.pool.Exec(t.Context(), `SELECT tasker.register_template($1)`, string(form))
		require.Error(t, err, "register_template takes namespace %q", name)
	}
	require.Equal(t, before, h.everything(t))
}

// TestHostileFiltersFindNothing: a filter's values are values, never SQL.
func TestHostileFiltersFindNothing(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	require.NoError(t, h.doors()["sql"](t, requestWith(`1`)))
	for _, key := range []string{"name", "version", "correlation_id", "initiator", "idempotency_key", "step_name", "error_type"} {
		for _, text := range texts {
			filter, err := json.Marshal(map[string]string{key: text})
			require.NoError(t, err)
			var found int
			if err := h.pool.QueryRow(context.Background(), `SELECT count(*) FROM tasker.find_tasks($1)`, string(filter)).Scan(&found); err != nil {
				requireClear(t, key, err)
			}
			require.Zero(t, found, "%s %q", key, text)
		}
	}
}
