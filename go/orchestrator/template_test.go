package orchestrator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// TestDigests registers every template fixture that holds a digest. Ruby must reach the same ones.
func TestDigests(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	files, err := filepath.Glob("../tasker/testdata/templates/*.json")
	require.NoError(t, err)
	seen := 0
	for _, file := range files {
		var fixture struct {
			Environment string
			Variables   map[string]string
			Digest      string
		}
		require.NoError(t, json.Unmarshal(read(t, file), &fixture), file)
		if fixture.Digest == "" {
			continue
		}
		seen++
		template, err := tasker.ParseTemplate(read(t, strings.TrimSuffix(file, "json")+"yaml"), fixture.Environment, fixture.Variables)
		require.NoError(t, err, file)
		_, err = pool.Exec(t.Context(), `DELETE FROM tasker.templates`)
		require.NoError(t, err)
		registered, err := o.RegisterTemplate(t.Context(), template)
		require.NoError(t, err, file)
		require.Equal(t, fixture.Digest, registered.Digest, file)
	}
	require.Positive(t, seen)
}

// TestContextPointers: what is wrong with a context is pointed at in the request, which is what the caller sent.
func TestContextPointers(t *testing.T) {
	t.Parallel()
	o := open(t, dbtest.URL(t))
	registerConformance(t, o)
	_, err := o.CreateTask(t.Context(), tasker.Request{Namespace: "conformance", Name: "linear", Context: json.RawMessage(`{"even_number": 7}`)})
	var refused *tasker.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, tasker.CodeInvalid, refused.Code)
	require.Len(t, refused.Details, 1)
	require.Equal(t, "/context/even_number", refused.Details[0].Pointer)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file) //nolint:gosec // a fixture of ours
	require.NoError(t, err)
	return content
}
