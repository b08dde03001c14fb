package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// forbidden is what the library must not use, and why not.
var forbidden = map[string]string{
	"os.Getenv":     "the environment is garbage under a process title; take it from the configuration",
	"os.LookupEnv":  "the environment is garbage under a process title; take it from the configuration",
	"os.Environ":    "the environment is garbage under a process title; take it from the configuration",
	"os.Args":       "the command line is garbage under a process title; take it from the configuration",
	"os.Exit":       "the process belongs to the host",
	"log.Fatal":     "the process belongs to the host",
	"signal.Notify": "signals belong to the host",
	"signal.Ignore": "signals belong to the host",
}

// programs are those folders whose code does not get into the library.
var programs = []string{"go/cmd/", "go/dbtest/"}

func TestTheLibraryLeavesItsHostAlone(t *testing.T) {
	root := os.DirFS("..")
	for _, top := range []string{"go", "bindings"} {
		require.NoError(t, fs.WalkDir(root, top, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && inLibrary(path) {
				for _, use := range uses(t, root, path) {
					t.Errorf("%s uses %s: %s", path, use, forbidden[use])
				}
			}
			return err
		}))
	}
}

func inLibrary(path string) bool {
	for _, program := range programs {
		if strings.HasPrefix(path, program) {
			return false
		}
	}
	return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
}

func uses(t *testing.T, root fs.FS, path string) (found []string) {
	t.Helper()
	source, err := fs.ReadFile(root, path)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if of, ok := selector.X.(*ast.Ident); ok && forbidden[of.Name+"."+selector.Sel.Name] != "" {
				found = append(found, of.Name+"."+selector.Sel.Name)
			}
		}
		return true
	})
	return found
}

// What differs does not compile; what is missing on one side would.
func TestTheHeaderAndTheLibraryHaveTheSameFunctions(t *testing.T) {
	header := mustRead(t, "tasker.h")
	declared := names(regexp.MustCompile(`(?m)^[a-z].*?\b(tasker_\w+)\(`), header)
	defined := append(names(regexp.MustCompile(`(?m)^//export (\w+)$`), mustRead(t, "tasker.go")),
		names(regexp.MustCompile(`(?m)^[a-z].*?\b(tasker_\w+)\(.*\{`), mustRead(t, "plain.c"))...)
	require.ElementsMatch(t, declared, defined)
	require.Len(t, declared, 12)
}

func TestTheHeaderListsTheOperations(t *testing.T) {
	listed := names(regexp.MustCompile(`(?m)^ \*   (\w+) +\{`), mustRead(t, "tasker.h"))
	require.ElementsMatch(t, operationNames(), listed)
}

func TestTheLibraryHasTheVersionOfTheGem(t *testing.T) {
	gem := mustRead(t, filepath.Join("..", "lib", "tasker_core", "version.rb"))
	require.Contains(t, gem, `VERSION = "`+libraryVersion+`"`)
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

func names(pattern *regexp.Regexp, text string) (found []string) {
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}
