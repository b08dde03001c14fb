package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	require.Equal(t, []any{map[string]any{"dead_letter_id": 99.0, "outcome": "no dead letter 99"}},
		mustValue(t, call(id, "replay_dead_letters", []byte(`{"dead_letter_ids": [99], "actor": "ops"}`), 0))["dead_letters"])
	require.Contains(t, mustFault(t, statusError, call(id, "replay_dead_letters", []byte(`{"dead_letter_ids": [99]}`), 0)).Message, "say who")

	require.Equal(t, map[string]any{"removed": 0.0}, mustValue(t, call(id, "purge_dead_letters", []byte(`{"older_than_ms": 0}`), 0)))
	require.Contains(t, mustFault(t, statusError, call(id, "purge_dead_letters", nil, 0)).Message, "older_than_ms")
	require.Equal(t, "invalid", mustFault(t, statusError, call(id, "purge_dead_letters", []byte(`{"older_than_ms": -1}`), 0)).Code)
}
