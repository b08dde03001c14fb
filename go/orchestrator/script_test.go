package orchestrator_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write what happened into the scripts; commit only what you understand")

// TestScripts runs every behaviour script of testdata against a database of its own. A script is commands, a line of
// dashes and what they printed; a blank line ends each. See world_test.go for the commands.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file) //nolint:gosec // a script of ours
			require.NoError(t, err)
			happened := play(newWorld(t), string(source))
			if *rewrite {
				require.NoError(t, os.WriteFile(file, []byte(happened), 0o600))
				return
			}
			require.Equal(t, string(source), happened)
		})
	}
}

// play runs a script and gives it back with what really happened below the dashes.
func play(w *world, source string) string {
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimRight(source, "\n"), "\n\n") {
		if out.Len() > 0 {
			out.WriteString("\n")
		}
		commands, _, expects := strings.Cut(block, "\n----")
		out.WriteString(commands + "\n")
		if expects {
			out.WriteString("----\n")
			for _, line := range w.perform(strings.Split(commands, "\n")) {
				out.WriteString(line + "\n")
			}
		}
	}
	return out.String()
}

// perform runs the commands of one block. A command's indented lines are its body.
func (w *world) perform(lines []string) (printed []string) {
	for i := 0; i < len(lines); {
		command := lines[i]
		i++
		var body []string
		for ; i < len(lines) && strings.HasPrefix(lines[i], "  "); i++ {
			body = append(body, strings.TrimSpace(lines[i]))
		}
		if strings.HasPrefix(command, "#") {
			continue
		}
		printed = append(printed, w.command(command, body)...)
	}
	return printed
}

// command finds the verb and runs it.
func (w *world) command(line string, body []string) []string {
	words := strings.Fields(line)
	verbs := map[string]func(words, body []string) []string{
		"template": w.template, "request": w.request, "send": w.send, "tick": w.tick, "work": w.work, "read": w.read,
		"reply": w.reply, "start": w.start, "clock": w.clock, "steps": w.showSteps, "task": w.showTask,
		"window": w.window, "history": w.history, "dead": w.deadLetters, "sequence": w.sequence, "queues": w.queues,
		"cancel": w.control("cancel"), "retry": w.control("retry"), "resolve": w.control("resolve"), "skip": w.control("skip"),
		"pause": w.control("pause"), "resume": w.control("resume"), "pauses": w.showPauses, "find": w.find,
		"error": w.showError, "hold": w.hold, "requests": w.requests, "let": w.let,
		"explain": w.explain, "stale": w.stale, "ready": w.showReady, "readiness": w.readiness, "context": w.showContext,
		"graph": w.graph, "health": w.health, "call": w.call, "age": w.age,
		"register": w.register, "version": w.showVersion, "keys": w.showKeys,
		"sweep": w.sweep, "suspects": w.suspects, "purge": w.purge, "drop": w.drop, "take": w.take, "budget": w.budget,
		"events": w.events, "checkpoints": w.checkpoints,
		"replay": w.replay, "forget": w.forget, "create": w.create, "release": w.release, "bury": w.bury,
	}
	verb, ok := verbs[words[0]]
	if !ok {
		return []string{fmt.Sprintf("unknown command %q", words[0])}
	}
	return verb(words[1:], body)
}
