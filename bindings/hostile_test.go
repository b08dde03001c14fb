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
