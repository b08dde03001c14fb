package pgmqtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clients is where `rake clients` has installed what the plays in testdata/clients need.
const clients = "TASKER_TEST_PGMQ_CLIENTS"

// How each client is started, in the folder of its play; ~ is its folder of installed things.
var plays = map[string][]string{
	"python": {"~/bin/python", "play.py"},
	"node":   {"node", "play.js"},
	"rust":   {"~/debug/play"},
}

// Ensure that clients in other languages, as people use them, get from ours word for word what they get from the real one.
func TestRealClients(t *testing.T) {
	t.Parallel()
	installed := os.Getenv(clients)
	if installed == "" {
		t.Skip(clients + " is not set: run rake clients")
	}
	for client, command := range plays {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			ours, real := play(t, ourSide(t), installed, client, command), play(t, realSide(t), installed, client, command)
			require.Equal(t, real, ours)
			require.Greater(t, strings.Count(ours, "\n"), 20)
			require.Regexp(t, `relation .{0,2}"pgmq.q_nowhere.{0,2}" does not exist`, ours)
			t.Logf("%s:\n%s", client, ours)
		})
	}
}

func play(t *testing.T, s *side, installed, client string, command []string) string {
	t.Helper()
	url := strings.Replace(s.url, "@", ":unused@", 1) // the Rust client wants a password
	program := exec.CommandContext(t.Context(), strings.Replace(command[0], "~", filepath.Join(installed, client), 1), append(command[1:], url)...)
	program.Dir = filepath.Join("testdata/clients", client)
	program.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(installed, "node/node_modules"))
	var complaint strings.Builder
	program.Stderr = &complaint
	told, err := program.Output()
	require.NoError(t, err, "%s\n%s", told, complaint.String())
	return string(told)
}
