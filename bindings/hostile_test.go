package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHostileStringsThroughTheCFace: a request is taken with every byte that it can mean, or refused with an error object.
// go/orchestrator/hostile_test.go follows such values to their end.
func TestHostileStringsThroughTheCFace(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "register_template", []byte(template), 0))
	for _, text := range []string{`'; DROP TABLE tasker.tasks; --`, "\"\\ $1 %s \t\n\x01", "🦀\u202e", strings.Repeat("x", 255)} {
		request, err := json.Marshal(map[string]any{"name": "greet", "initiator": text, "idempotency_key": text, "context": map[string]string{text: text}})
		require.NoError(t, err)
		first := mustValue(t, createTask(id, request, 0))
		require.Equal(t, true, first["created"])
		again := mustValue(t, createTask(id, request, 0))
		require.Equal(t, first["task_id"], again["task_id"], "the key is the same one")
	}
	for _, input := range []string{"", " ", "\x00", "{", `{"name": "greet"}}`, `{"name": "greet", "context": {"a": "\u0000"}}`,
		`{"name": "greet", "context": {"a": "\ud800"}}`, "{\"name\": \"greet\", \"context\": {\"a\": \"\xff\"}}", `{"name": "greet", "context": {"a": NaN}}`,
		`{"name": "greet", "priority": 1e999}`, `{"name": "greet", "name": "greet"}`, `{"name": "` + strings.Repeat("x", 2<<20) + `"}`,
		`{"name": "greet", "context": {"a": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}}`} {
		f := mustFault(t, statusError, createTask(id, []byte(input), 0))
		require.Equal(t, "invalid", f.Code, "%.80q", input)
		require.Less(t, len(f.Message), 1000, "%.80q", input)
	}
	status := mustValue(t, call(id, "status", nil, 0))
	require.Equal(t, false, status["running"])
}

// TestInputIsNeverAltered: what a lenient decoder would replace, drop or guess is refused at every door of the C face.
func TestInputIsNeverAltered(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]string{
		"half of a surrogate pair": `{"action": "cancel", "actor": "\ud800"}`,
		"NUL":                      `{"action": "cancel", "actor": "a\u0000"}`,
		"a key given twice":        `{"action": "cancel", "action": "retry"}`,
		"a key in other letters":   `{"Action": "cancel"}`,
		"twice, and deep":          `{"action": "resolve", "results": {"a": [{"b": 1, "b": 2}]}}`,
	} {
		var c controlRequest
		refused := decode([]byte(input), &c)
		require.NotNil(t, refused, "%s: %+v", name, c)
		require.Contains(t, mustFault(t, statusBadArgument, *refused).Message, "/", name)
		require.Zero(t, c, name)
	}
}
