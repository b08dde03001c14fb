package modeltest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	mutate    = flag.Bool("mutations", false, "break the rules one by one and require that the histories tell")
	onlyThis  = flag.String("mutation", "", "of the mutations, only those whose name contains this")
	patience  = flag.Int("patience", 600, "how many histories may pass before a mutation counts as survived")
	moduleDir = "../.."
)

// jury is the test that a broken rule is to fail: it remembers and goes on.
type jury struct {
	silent
	verdict string
}

// Logf keeps the story of a history that was meant to fail to itself.
func (*jury) Logf(string, ...any) {}

// Errorf notes the failure.
func (j *jury) Errorf(format string, arguments ...any) {
	if j.verdict == "" {
		j.verdict = fmt.Sprintf(format, arguments...)
	}
}

// Fatalf notes the failure and ends the history.
func (j *jury) Fatalf(format string, arguments ...any) {
	j.Errorf(format, arguments...)
	j.FailNow()
}

// Failed says whether a history failed.
func (j *jury) Failed() bool { return j.verdict != "" }

// FailNow ends the history; it runs in a goroutine of its own.
func (j *jury) FailNow() { runtime.Goexit() }

// TestMutations breaks each rule in turn. A mutation that no history finds means that the model test looks away there.
func TestMutations(t *testing.T) {
	if !*mutate {
		t.Skip("takes minutes: rake model:mutations")
	}
	require.NoError(t, flag.Set("rapid.checks", "1"))
	require.NoError(t, flag.Set("rapid.nofailfile", "true"))
	require.NoError(t, flag.Set("rapid.shrinktime", "0s"))
	for _, m := range sqlMutations {
		if strings.Contains(m.name, *onlyThis) {
			t.Run(m.name, func(t *testing.T) { t.Parallel(); m.tryInSQL(t) })
		}
	}
	for i, m := range goMutations {
		if strings.Contains(m.name, *onlyThis) && (i == 0 || goMutations[i-1].name != m.name) {
			t.Run(m.name, func(t *testing.T) { t.Parallel(); m.tryInGo(t) })
		}
	}
}

func (m mutation) apply(t *testing.T, text string) string {
	require.Equal(t, 1, strings.Count(text, m.old), "this mutation has rotted: %s no longer says\n%s", m.place, m.old)
	return strings.Replace(text, m.old, m.new, 1)
}

// TestMutationsFit: whoever changes a rule's text hears at once that its mutation has to follow.
func TestMutationsFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, m := range sqlMutations {
		m.apply(t, m.installed(t, w))
	}
	for _, m := range goMutations {
		m.overlay(t)
	}
}

// installed gives the function as the server has it.
func (m mutation) installed(t *testing.T, w *world) (text string) {
	require.NoError(t, w.pool.QueryRow(w.ctx, `SELECT pg_get_functiondef($1::text::regproc)`, "tasker."+m.place).Scan(&text))
	return text
}

func (m mutation) tryInSQL(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.exec(m.apply(t, m.installed(t, w))))
	j := &jury{silent: silent{t}}
	for n := 0; n < *patience; n++ {
		done := make(chan struct{})
		go func() {
			defer close(done)
			check(j, w, *seed+uint64(n)) //nolint:gosec // counts up from nothing
		}()
		if <-done; j.Failed() {
			fmt.Printf("mutation found by history %d: %s\n%s\n", n+1, m.name, indented(j.verdict))
			return
		}
	}
	t.Errorf("survived %d histories: %s", *patience, m.name)
}

// overlay gives the file that tells go build which files of this mutation stand for which.
func (m mutation) overlay(t *testing.T) string {
	changed := map[string]string{}
	for i, part := range keep(goMutations, func(other mutation) bool { return other.name == m.name }) {
		path, err := filepath.Abs(filepath.Join(moduleDir, part.place))
		require.NoError(t, err)
		text, err := os.ReadFile(path) //nolint:gosec // a file of ours
		require.NoError(t, err)
		changed[path] = filepath.Join(t.TempDir(), fmt.Sprint(i, filepath.Ext(part.place)))
		require.NoError(t, os.WriteFile(changed[path], []byte(part.apply(t, string(text))), 0o600))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": changed})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(path, overlay, 0o600))
	return path
}

// tryInGo runs the model test of a build in which some files are others.
func (m mutation) tryInGo(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "test", "-overlay", m.overlay(t), ".", "-timeout", "1h", "-run", "TestModel$", //nolint:gosec // our own
		"-workers", "1", "-seed", fmt.Sprint(*seed), "-histories", fmt.Sprint(*patience), "-rapid.shrinktime=0s")
	said, err := command.CombinedOutput()
	_, verdict, found := strings.Cut(string(said), "[rapid] ") // that a history failed, and not the build
	if err == nil || !found {
		t.Errorf("survived %d histories: %s: %v\n%s", *patience, m.name, err, said)
		return
	}
	fmt.Printf("mutation found: %s\n%s\n", m.name, indented(verdict))
}

// indented gives the first lines of a verdict: what gave the mutation away.
func indented(verdict string) string {
	lines := strings.SplitN(verdict, "\n", 4)
	return "    " + strings.Join(lines[:min(len(lines), 3)], "\n    ")
}
