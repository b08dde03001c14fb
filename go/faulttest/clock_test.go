package faulttest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clocks names the functions that may look at the clock of their own machine, and for what: pauses and durations, which
// Go takes from the monotonic clock, and nothing that is written to the database or decided there.
var clocks = map[string]string{
	"../orchestrator:do":             "how long a stage took, for the log",
	"../orchestrator:isGuarded":      "how long to be careful after a tick that died",
	"../orchestrator:beware":         "the same",
	"../orchestrator:remember":       "when the last tick was, for the status",
	"../orchestrator:enqueueWatched": "when a hand-out that failed is tried again: a pause between two tries",
	"../orchestrator:nextTry":        "the same",
	"../orchestrator:learn":          "the same",
	"../orchestrator:layAside":       "the same",
	"../orchestrator:waiting":        "the same",
	"../orchestrator:sweep":          "when to sweep next: a pause between two looks",
	"../orchestrator:isSweepDue":     "whether that pause is over",
	"../orchestrator:look":           "when a whole queue is looked through again: a pause between two looks",
	"../orchestrator:Tick":           "the same",
}

// TestDecisionsUseTheDatabaseClock: the packages that decide never ask this machine's clock, so it may be ten minutes off or
// jump. When a retry is due, what a Retry-After means and how old a task is comes from PostgreSQL.
func TestDecisionsUseTheDatabaseClock(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, folder := range []string{"../orchestrator", "../tasker", "../queue"} {
		files, err := filepath.Glob(folder + "/*.go")
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, function := range clockReaders(t, file) {
				found[folder+":"+function] = true
				require.Contains(t, clocks, folder+":"+function, "it reads the clock of this machine")
			}
		}
	}
	for function := range clocks {
		require.Contains(t, found, function, "it does not read the clock any more: take it off the list")
	}
}

// clockReaders are the functions of a file that name time.Now, time.Since or time.Until.
func clockReaders(t *testing.T, file string) (names []string) {
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	tree, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	require.NoError(t, err)
	for _, declaration := range tree.Decls {
		name := "package level"
		if f, ok := declaration.(*ast.FuncDecl); ok {
			name = f.Name.Name
		}
		reads := false
		ast.Inspect(declaration, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				of, _ := s.X.(*ast.Ident)
				reads = reads || of != nil && of.Name == "time" && (s.Sel.Name == "Now" || s.Sel.Name == "Since" || s.Sel.Name == "Until")
			}
			return true
		})
		if reads {
			names = append(names, name)
		}
	}
	return names
}
