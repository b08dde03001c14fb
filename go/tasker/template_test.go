package tasker

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the expectations under testdata; read the difference before you keep it")

// templateFixture is what stands beside a document of testdata/templates. The Ruby suite reads the same files.
type templateFixture struct {
	Environment string            `json:"environment"`
	Variables   map[string]string `json:"variables"`
	NormalForm  json.RawMessage   `json:"normal_form,omitempty"`
	Error       string            `json:"error,omitempty"`
	Digest      string            `json:"digest,omitempty"`
}

func templateFixtures(t testing.TB) []string {
	paths, err := filepath.Glob("testdata/templates/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

func readTemplateFixture(t testing.TB, path string) ([]byte, templateFixture) {
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	text, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".json")
	require.NoError(t, err)
	var fixture templateFixture
	require.NoError(t, json.Unmarshal(text, &fixture))
	return source, fixture
}

func TestParseTemplate(t *testing.T) {
	for _, path := range templateFixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			source, fixture := readTemplateFixture(t, path)
			template, err := ParseTemplate(source, fixture.Environment, fixture.Variables)
			if *update {
				rewrite(t, path, fixture, template, err)
				return
			}
			if fixture.Error != "" {
				require.EqualError(t, err, fixture.Error)
				require.IsType(t, &Error{}, err)
				return
			}
			require.NoError(t, err)
			encoded, err := template.Encode()
			require.NoError(t, err)
			require.JSONEq(t, string(fixture.NormalForm), string(encoded))
			again, err := DecodeTemplate(encoded)
			require.NoError(t, err)
			require.Equal(t, template, again)
		})
	}
}

func rewrite(t *testing.T, path string, fixture templateFixture, template Template, err error) {
	was := string(fixture.NormalForm)
	fixture.NormalForm, fixture.Error = nil, ""
	if err != nil {
		fixture.Error = err.Error()
	} else {
		fixture.NormalForm, err = template.Encode()
		require.NoError(t, err)
	}
	var compact bytes.Buffer
	if was != "" {
		require.NoError(t, json.Compact(&compact, []byte(was)))
	}
	if compact.String() != string(fixture.NormalForm) {
		fixture.Digest = ""
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(fixture))
	require.NoError(t, os.WriteFile(strings.TrimSuffix(path, ".yaml")+".json", text.Bytes(), 0o644))
}
