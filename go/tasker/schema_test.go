package tasker

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// contextFixture is one file of testdata/contexts. The Ruby suite reads the same files.
type contextFixture struct {
	Schema json.RawMessage `json:"schema"`
	Cases  []*contextCase  `json:"cases"`
}

type contextCase struct {
	Context json.RawMessage `json:"context"`
	Errors  []Detail        `json:"errors"`
}

func TestSchemaValidate(t *testing.T) {
	paths, err := filepath.Glob("testdata/contexts/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var fixture contextFixture
			require.NoError(t, json.Unmarshal(text, &fixture))
			schema, err := CompileSchema(fixture.Schema)
			require.NoError(t, err)
			for _, c := range fixture.Cases {
				details := validationDetails(t, schema, c.Context)
				if !*update {
					require.Equal(t, c.Errors, details, "%s", c.Context)
				}
				c.Errors = details
			}
			if *update {
				rewriteContexts(t, path, fixture)
			}
		})
	}
}

func validationDetails(t *testing.T, schema *Schema, context []byte) []Detail {
	err := schema.Validate(context)
	if err == nil {
		return []Detail{}
	}
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, CodeInvalid, refused.Code)
	return refused.Details
}

func rewriteContexts(t *testing.T, path string, fixture contextFixture) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	require.NoError(t, encoder.Encode(fixture))
	require.NoError(t, os.WriteFile(path, text.Bytes(), 0o644))
}
