package safego_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/safego"
)

func crashOf(t *testing.T, f func()) safego.Crash {
	t.Helper()
	crashes := make(chan safego.Crash, 1)
	safego.OnCrash(func(c safego.Crash) { crashes <- c })
	t.Cleanup(func() { safego.OnCrash(nil) })
	safego.Go("test", f)
	return <-crashes
}

func TestPanicIsReportedWithNameValueAndStack(t *testing.T) {
	c := crashOf(t, func() { panic("boom") })
	require.Equal(t, "test", c.Name)
	require.Equal(t, "boom", c.Value)
	require.Contains(t, c.Stack, "TestPanicIsReportedWithNameValueAndStack")
	require.Equal(t, `goroutine "test" panicked: boom`, c.Error())
}

func TestNilDereferenceIsCaught(t *testing.T) {
	c := crashOf(t, func() { var p *safego.Crash; _ = p.Name })
	require.Contains(t, fmt.Sprint(c.Value), "nil pointer dereference")
}

func TestPanicOfTheSinkGoesNoFurther(t *testing.T) {
	t.Cleanup(func() { safego.OnCrash(nil) })
	called := make(chan bool)
	safego.OnCrash(func(safego.Crash) { defer close(called); panic("the sink is broken too") })
	safego.Go("test", func() { panic("boom") })
	<-called
}

func TestTryGivesThePanicAsAnError(t *testing.T) {
	reported := 0
	safego.OnCrash(func(safego.Crash) { reported++ })
	t.Cleanup(func() { safego.OnCrash(nil) })
	var crash safego.Crash
	require.ErrorAs(t, safego.Try("test", func() error { panic("boom") }), &crash)
	require.Equal(t, "boom", crash.Value)
	require.Equal(t, 1, reported)
	require.NoError(t, safego.Try("test", func() error { return nil }))
	require.ErrorIs(t, safego.Try("test", func() error { return fs.ErrClosed }), fs.ErrClosed)
	require.Equal(t, 1, reported)
}

// moduleRoot is where the walk starts: two folders up from this package.
const moduleRoot = "../.."

func TestNoGoroutineStartsAnywhereElse(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir(moduleRoot, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipForeign(entry)
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "safego/safego.go") {
			files++
			for _, start := range goroutineStarts(t, path, nil) {
				t.Errorf("%s; start it with safego.Go(name, f), so that a panic cannot end the host process", start)
			}
		}
		return nil
	}))
	require.NotZero(t, files, "the walk found no Go files: is the module root still at %s?", moduleRoot)
}

func TestTheWalkSeesEveryWayToStartAGoroutine(t *testing.T) {
	source := `package p
		func f(wg *sync.WaitGroup, g *errgroup.Group) {
			go f(wg, g)
			wg.Go(func() {})
			g.Go(func() error { return nil })
			time.AfterFunc(1, func() {})
			context.AfterFunc(ctx, func() {})
			safego.Go("fine", func() {})
		}`
	require.Len(t, goroutineStarts(t, "p.go", source), 5)
}

// skipForeign keeps the walk out of folders that hold no code of ours.
func skipForeign(dir fs.DirEntry) error {
	switch dir.Name() {
	case ".git", "vendor", "tmp", "node_modules", "pkg":
		return filepath.SkipDir
	}
	return nil
}

// goroutineStarts lists the places of a file that start a goroutine past safego: the go statement, and the library calls
// that hide one.
func goroutineStarts(t *testing.T, path string, source any) []string {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, source, parser.SkipObjectResolution)
	require.NoError(t, err)
	var starts []string
	ast.Inspect(file, func(node ast.Node) bool {
		if what := startsGoroutine(node); what != "" {
			starts = append(starts, fmt.Sprintf("%s: %s", positions.Position(node.Pos()), what))
		}
		return true
	})
	return starts
}

func startsGoroutine(node ast.Node) string {
	switch n := node.(type) {
	case *ast.GoStmt:
		return "a go statement"
	case *ast.CallExpr:
		selector, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		of, _ := selector.X.(*ast.Ident)
		fromSafego := of != nil && of.Name == "safego"
		if (selector.Sel.Name == "Go" && !fromSafego) || selector.Sel.Name == "AfterFunc" {
			return "a call of " + selector.Sel.Name
		}
	}
	return ""
}
