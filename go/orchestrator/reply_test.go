package orchestrator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// What tasker.reply has taken counts, because the handler's effects are there: nothing may refuse it later.

// faultSQL gives why tasker.check_result refuses a result, or an empty text. What is asked in a block of its own goes on
// after an error.
const faultSQL = `CREATE FUNCTION pg_temp.fault(result jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tasker.check_result(result);
  RETURN '';
EXCEPTION WHEN SQLSTATE 'TK400' THEN
  RETURN SQLERRM;
END $$`

// full is a result with everything that one may have.
const full = `{"protocol": 1, "step_id": 1, "task_id": "019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01", "attempt": 1, "status": "success",
	"results": {"n": 1}, "error": {"error_type": "Boom", "message": "it broke", "retryable": true, "error_code": "E1",
	"backtrace": ["a.rb:1"]}, "execution_time_ms": 12.5, "orchestration_metadata": {"headers": {"Retry-After": "30", "X": 7},
	"backoff_hint": {"delay_seconds": 5, "type": "x"}, "error_context": {"a": 1}, "custom": {"b": 2}, "events": [{"name": "told", "payload": {"n": 1}}, {"name": "y"}]},
	"worker": {"id": "w", "host": "h", "pid": 1}, "started_at": "2026-03-01T12:00:05.3Z", "completed_at": "2026-03-01T12:00:05+01:00"}`

// values are what is put in the place of each part of a result in turn.
var values = []string{`null`, `0`, `1`, `7`, `-1`, `1.5`, `1.0`, `2147483648`, `9223372036854775808`, `1` + strings.Repeat("0", 400), `true`, `""`, `"x"`, `"1"`,
	`"failed"`, `"Success"`, `"019A5F3C-7B1E-7C44-9D51-0A4F6E2B8C01"`, `"{019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01}"`, `"2026-03-01T12:00:00Z"`,
	`"2026-03-01 12:00:00Z"`, `"2026-03-01T12:00Z"`, `"2026-03-01T12:00:00"`, `"2026-02-30T12:00:00Z"`, `"2026-03-01T12:00:00+0100"`, `[]`, `[null]`,
	`["x"]`, `[7]`, `[{}]`, `[[]]`, `{}`, `{"x": 1}`, `{"x": "y"}`, `{"x": null}`, `{"x": []}`, `{"id": "x"}`, `{"name": "x"}`, `{"pid": 1.5}`, `{"message": 7}`,
	`{"delay_seconds": -1}`, `{"delay_seconds": null}`, `[{"name": "x", "payload": null}]`, `[{"name": "x", "payload": []}]`, deep(127), deep(126), deep(125), deep(129)}

// deep is an array of so many levels.
func deep(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

// variants gives a value as it is, then with each part of it replaced, left out, and each object with a key too many.
func variants(value any, emit func(any)) {
	for _, v := range values {
		emit(json.RawMessage(v))
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			with := maps.Clone(value)
			delete(with, key)
			emit(maps.Clone(with))
			variants(value[key], func(v any) { with[key] = v; emit(with) })
		}
		with := maps.Clone(value)
		with["unknown"] = nil
		emit(with)
	case []any:
		for i := range value {
			with := slices.Clone(value)
			variants(value[i], func(v any) { with[i] = v; emit(with) })
		}
	}
}

// TestCheckResultIsAsStrictAsApply: a complete result, with every part of it in turn replaced by what does not belong
// there, and results at the bounds of what may be large. Whatever DecodeResult refuses in what a queue gives, SQL refuses.
func TestCheckResultIsAsStrictAsApply(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	dbtest.Execute(t, conn, faultSQL)
	large := func(results string) string {
		return strings.Replace(full, `{"n": 1}`, results, 1)
	}
	cases := []string{full, large(`"` + strings.Repeat("x", 1<<20-2) + `"`), large(`"` + strings.Repeat("x", 1<<20-1) + `"`),
		large(`[` + strings.Repeat("1,", 1<<19-1) + `1]`), large(`[` + strings.Repeat("1,", 1<<19) + `1]`), large(`"` + strings.Repeat(`\", `, 1<<18) + `"`),
		large(`"` + strings.Repeat(` `, 1<<20-2) + `"`), strings.Replace(full, `{"b": 2}`, `[`+strings.Repeat("1e300,", 20000)+`0]`, 1)}
	var result any
	require.NoError(t, json.Unmarshal([]byte(full), &result))
	variants(result, func(v any) {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		cases = append(cases, string(raw))
	})
	accepted := 0
	for _, c := range cases {
		var fault, written string
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT pg_temp.fault(r), r::text FROM CAST($1::text AS jsonb) r`, c).Scan(&fault, &written))
		_, refusal := tasker.DecodeResult([]byte(written))
		require.Equal(t, refusal == nil, fault == "", "%.300s\nGo says: %v\nSQL says: %s", c, refusal, fault)
		if refusal == nil {
			accepted++
		}
	}
	require.Greater(t, accepted, 100)
	require.Greater(t, len(cases)-accepted, 1000)
}

// fixture is a file of go/tasker/testdata/messages, which is a result or says what is wrong with one.
func fixture(t *testing.T, path string) (result json.RawMessage, bad bool) {
	raw, err := os.ReadFile(path) //nolint:gosec // a file of ours
	require.NoError(t, err)
	var refused struct{ Input, Error json.RawMessage }
	require.NoError(t, json.Unmarshal(raw, &refused))
	if strings.HasPrefix(filepath.Base(path), "bad_") {
		return refused.Input, true
	}
	return raw, false
}

// TestReplyTakesWhatApplyTakes: of the results that every language reads as fixtures, reply refuses the bad ones and
// writes nothing; of the good ones it takes the successes, and the orchestrator completes their steps.
func TestReplyTakesWhatApplyTakes(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../tasker/testdata/messages/*_*.json")
	require.NoError(t, err)
	w := newWorld(t)
	play(w, "template job\n  a:\n----")
	taken, refused := 0, 0
	for _, path := range paths {
		result, bad := fixture(t, path)
		name := filepath.Base(path)
		switch {
		case bad && result != nil: // others are no JSON, so no jsonb either
			_, err := w.pool.Exec(t.Context(), `SELECT tasker.reply('demo', 1, 1, $1::text::jsonb)`, string(result))
			require.ErrorContains(t, err, "TK400", name)
			require.Zero(t, ask[int](t, w.pool, `SELECT count(*) FROM pgmq.q_orchestration_step_results`), name)
			refused++
		case strings.HasPrefix(name, "result_"):
			play(w, "request job\n----")
			var answered bool
			err := w.pool.QueryRow(t.Context(), `SELECT tasker.reply('demo', s.msg_id, 1, $1::text::jsonb ||
				jsonb_build_object('step_id', s.step_id, 'task_id', s.task_id, 'attempt', 1))
				FROM tasker.read_steps('demo', 30, 1, 'w') JOIN tasker.steps s USING (msg_id)`, string(result)).Scan(&answered)
			if err != nil {
				require.ErrorContains(t, err, "takes the success of an attempt", name)
				continue
			}
			require.True(t, answered, name)
			require.Equal(t, []string{"applied 1, finished 1"}, w.tick(nil, nil), name)
			taken++
		}
	}
	require.GreaterOrEqual(t, refused, 10, fmt.Sprint(paths))
	require.GreaterOrEqual(t, taken, 2)
}
