package tasker

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// badMessage is a fixture of a refused result: what came in, as a document or as text, and what is answered.
type badMessage struct {
	Input json.RawMessage `json:"input"`
	Text  string          `json:"text"` // where the schema has no say, because it is no document of its own
	Error struct {
		Message string   `json:"message"`
		Details []Detail `json:"details"`
	} `json:"error"`
}

// fixtures gives the files of testdata/messages that match a pattern, by name.
func fixtures(t *testing.T, pattern string) map[string][]byte {
	paths, err := filepath.Glob(filepath.Join("testdata", "messages", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, paths, pattern)
	found := map[string][]byte{}
	for _, path := range paths {
		found[filepath.Base(path)] = mustRead(t, path)
	}
	return found
}

func mustRead(t *testing.T, path string) []byte {
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return raw
}

// mustCompile gives one of the two schemas that are published with the fixtures.
func mustCompile(t *testing.T, name string) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join("testdata", "messages", name))
	require.NoError(t, err)
	return schema
}

func mustParse(t *testing.T, raw []byte) any {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return v
}

func TestStepMessageFixtures(t *testing.T) {
	schema := mustCompile(t, "step_message.schema.json")
	for _, name := range []string{"step.json", "step_root.json"} {
		t.Run(name, func(t *testing.T) {
			raw := fixtures(t, name)[name]
			require.NoError(t, schema.Validate(mustParse(t, raw)))
			m, err := DecodeStepMessage(raw)
			require.NoError(t, err)
			again, err := m.Encode()
			require.NoError(t, err)
			require.NoError(t, schema.Validate(mustParse(t, again)))
			twice, err := DecodeStepMessage(again)
			require.NoError(t, err)
			require.Equal(t, normal(t, raw), normal(t, again), "nothing is lost or added on the way")
			require.Equal(t, m.ExecutionContext.Task.CreatedAt.UTC(), twice.ExecutionContext.Task.CreatedAt.UTC())
		})
	}
}

// normal brings a document's times into one spelling, and drops what has no place in a comparison: white space.
func normal(t *testing.T, raw []byte) any {
	text := strings.ReplaceAll(string(raw), "+00:00", "Z")
	return mustParse(t, []byte(text))
}

func TestResultFixtures(t *testing.T) {
	schema := mustCompile(t, "step_result.schema.json")
	for name, raw := range fixtures(t, "result_*.json") {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, schema.Validate(mustParse(t, raw)))
			r, err := DecodeResult(raw)
			require.NoError(t, err)
			again, err := r.Encode()
			require.NoError(t, err)
			require.NoError(t, schema.Validate(mustParse(t, again)))
			twice, err := DecodeResult(again)
			require.NoError(t, err)
			third, err := twice.Encode()
			require.NoError(t, err)
			require.Equal(t, string(again), string(third))
		})
	}
}

func TestBadResultFixtures(t *testing.T) {
	schema := mustCompile(t, "step_result.schema.json")
	for name, raw := range fixtures(t, "bad_*.json") {
		t.Run(name, func(t *testing.T) {
			var bad badMessage
			require.NoError(t, json.Unmarshal(raw, &bad))
			input := []byte(bad.Text)
			if bad.Input != nil {
				input = bad.Input
				require.Error(t, schema.Validate(mustParse(t, input)), "the schema refuses it as well")
			}
			r, err := DecodeResult(input)
			require.Equal(t, &Error{Code: CodeInvalid, Message: bad.Error.Message, Details: bad.Error.Details}, err)
			require.Equal(t, Result{}, r)
		})
	}
}

func TestResultsKeepTheirDigits(t *testing.T) {
	raw := fixtures(t, "result_success.json")["result_success.json"]
	r, err := DecodeResult(raw)
	require.NoError(t, err)
	require.Contains(t, string(r.Results), `"exact": 123456789012345678901234567890.10`)
	again, err := r.Encode()
	require.NoError(t, err)
	require.Contains(t, string(again), `"exact":123456789012345678901234567890.10,"note":"<ä> & 🦀"`)
}

func TestResultLimits(t *testing.T) {
	result := func(payload string) []byte {
		return []byte(`{"protocol":1,"step_id":1,"task_id":"019A5F3C-7b1e-7c44-9d51-0a4f6e2b8c01","attempt":1,"status":"success","results":` + payload + `}`)
	}
	fits := `"` + strings.Repeat("x", MaxPayloadBytes-2) + `"`
	r, err := DecodeResult(result(fits))
	require.NoError(t, err)
	require.Equal(t, fits, string(r.Results))
	require.Equal(t, "019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01", r.TaskID, "one task, one spelling")

	spaced := "[" + strings.Repeat("1, ", MaxPayloadBytes/2-2) + "1]"
	r, err = DecodeResult(result(spaced))
	require.NoError(t, err, "the white space of jsonb is not the worker's")
	require.Equal(t, spaced, string(r.Results))

	_, err = DecodeResult(result(`"` + strings.Repeat("x", MaxPayloadBytes-1) + `"`))
	require.ErrorContains(t, err, "/results: has 1048577 bytes, at most 1048576 are allowed")
	_, err = DecodeResult(result(`"` + strings.Repeat("x", 4*MaxPayloadBytes) + `"`))
	require.ErrorContains(t, err, "bytes are more than the 4194304 allowed")
	_, err = DecodeResult(result(strings.Repeat("[", 200) + strings.Repeat("]", 200)))
	require.ErrorContains(t, err, "nested deeper than")
	_, err = DecodeResult([]byte("{\"protocol\":1,\"status\":\"\xff\"}"))
	require.ErrorContains(t, err, "not valid UTF-8")
}

func TestEventLimits(t *testing.T) {
	result := func(events string) []byte {
		return []byte(`{"protocol":1,"step_id":1,"task_id":"019A5F3C-7b1e-7c44-9d51-0a4f6e2b8c01","attempt":1,"status":"success",` +
			`"orchestration_metadata":{"events":[` + events + `]}}`)
	}
	r, err := DecodeResult(result(strings.Repeat(`{"name":"x"},`, MaxEvents-1) + `{"name":"` + strings.Repeat("ä", MaxEventName) + `"}`))
	require.NoError(t, err)
	require.Len(t, r.Advice.Events, MaxEvents)
	_, err = DecodeResult(result(strings.Repeat(`{"name":"x"},`, MaxEvents) + `{"name":"x"}`))
	require.ErrorContains(t, err, "/orchestration_metadata/events: has 101 events, at most 100 are allowed")

	half := `{"name":"x","payload":{"a": "` + strings.Repeat("x", MaxPayloadBytes/2-8) + `"}}`
	_, err = DecodeResult(result(half + "," + half))
	require.NoError(t, err, "the white space of jsonb is not the worker's")
	_, err = DecodeResult(result(half + "," + half + `,{"name":"x","payload":{}}`))
	require.ErrorContains(t, err, "/orchestration_metadata/events: has payloads of 1048578 bytes together, at most 1048576 are allowed")
}

func TestABadResultIsNotEncoded(t *testing.T) {
	_, err := Result{Protocol: 1, StepID: 1, Attempt: 1, Status: StatusSuccess}.Encode()
	require.EqualError(t, err, "result refused: /task_id: is missing, expected the task's UUID")
}

func TestRefusedResultsStillAnswerTheirAttempt(t *testing.T) {
	const ids = `"step_id":7,"task_id":"019A5F3C-7b1e-7c44-9d51-0a4f6e2b8c01","attempt":2`
	raw := []byte(`{` + ids + `,"protocol":1,"status":"done","results":{}}`)
	_, refusal := DecodeResult(raw)
	require.Error(t, refusal)
	r, ok := RefusedResult(raw, refusal)
	require.True(t, ok)
	require.Equal(t, []any{int64(7), "019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01", 2}, []any{r.StepID, r.TaskID, r.Attempt})
	d := Decide(patient, r, noon, 0)
	require.Equal(t, OutcomeError, d.Outcome)
	require.Contains(t, d.Reason, `InvalidResult: result refused: /status: is "done"`)

	for _, careless := range []string{`"7"`, `7.0`, `"7.00"`} {
		r, ok := RefusedResult([]byte(strings.NewReplacer(`:7,`, `:`+careless+`,`, `:2`, `:"2"`).Replace(string(raw))), refusal)
		require.True(t, ok, careless)
		require.Equal(t, []any{int64(7), 2}, []any{r.StepID, r.Attempt})
	}
	for _, hopeless := range []string{``, `[]`, `{}`, `{"step_id":"7"}`, `{"step_id":7,"task_id":"019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01","attempt":"two"}`,
		`{"step_id":7,"task_id":"019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01","attempt":1.5}`,
		`{"step_id":7,"task_id":"019a5f3c-7b1e-7c44-9d51-0a4f6e2b8c01","attempt":99999999999}`, `{"step_id":7,"task_id":"x","attempt":1}`, `{` + ids} {
		_, ok := RefusedResult([]byte(hopeless), refusal)
		require.False(t, ok, hopeless)
	}
}

func TestHeadersInAnyCapitals(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers map[string]any
		want    string
	}{
		{"none", nil, ""},
		{"as written", map[string]any{"Retry-After": "30"}, "30"},
		{"small letters", map[string]any{"retry-after": "30", "date": "x"}, "30"},
		{"shouted", map[string]any{"RETRY-AFTER": "30"}, "30"},
		{"a number", map[string]any{"Retry-After": 30.0}, "30"},
		{"null", map[string]any{"Retry-After": nil}, ""},
		{"two spellings", map[string]any{"retry-after": "60", "Retry-After": "30"}, "30"},
		{"something else", map[string]any{"X-Retry-After": "30"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Result{Advice: &Advice{Headers: c.headers}}.RetryAfter())
		})
	}
	require.Empty(t, Result{}.RetryAfter())
}

func TestAnswerCarriesTheFence(t *testing.T) {
	m, err := DecodeStepMessage(fixtures(t, "step.json")["step.json"])
	require.NoError(t, err)
	raw, err := m.Answer(StatusSuccess, json.RawMessage(`{"payment_id":"p-1"}`)).Encode()
	require.NoError(t, err)
	r, err := DecodeResult(raw)
	require.NoError(t, err)
	require.Equal(t, []any{m.StepID, m.TaskID, m.Attempt}, []any{r.StepID, r.TaskID, r.Attempt})
}

func TestStepMessageRefusesDrift(t *testing.T) {
	raw := fixtures(t, "step_root.json")["step_root.json"]
	_, err := DecodeStepMessage(bytes.Replace(raw, []byte(`"sequence"`), []byte(`"sequenc"`), 1))
	require.EqualError(t, err, `step message refused: /execution_context/sequenc: is not a known key: did you mean "sequence"?`)
	_, err = DecodeStepMessage([]byte(`{}`))
	require.ErrorContains(t, err, "/handler_class: is empty, expected 1 to 255 characters")
}

func FuzzDecodeResult(f *testing.F) {
	t := &testing.T{}
	for _, raw := range fixtures(t, "*.json") {
		var bad badMessage
		f.Add(raw)
		if json.Unmarshal(raw, &bad) == nil {
			f.Add([]byte(bad.Input))
			f.Add([]byte(bad.Text))
		}
	}
	schema := mustCompile(t, "step_result.schema.json")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeResult(raw)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		require.NoError(t, schema.Validate(mustParse(t, raw)), "what is taken is what the schema describes: %s", raw)
		encoded, err := r.Encode()
		require.NoError(t, err)
		again, err := DecodeResult(encoded)
		require.NoError(t, err)
		twice, err := again.Encode()
		require.NoError(t, err)
		require.Equal(t, string(encoded), string(twice))
		step := StepSnapshot{State: StepEnqueued, Attempt: r.Attempt, MaxAttempts: 3, Retryable: true, Backoff: DefaultBackoff}
		d := Decide(step, r, noon, 0.5)
		require.True(t, StepEnqueued.MayBecome(StepState(d.Outcome)))
		require.True(t, d.Delay >= 0 && d.Delay <= DefaultMaxHint)
	})
}
