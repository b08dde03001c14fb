package tasker

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseTemplate: no document makes the parser panic, and every accepted one survives the way through the database and
// through its own text.
func FuzzParseTemplate(f *testing.F) {
	for _, path := range templateFixtures(f) {
		source, fixture := readTemplateFixture(f, path)
		f.Add(source, fixture.Environment)
	}
	variables := map[string]string{"A": "a", "EMPTY": "", "N": "3", "T": "true"}
	f.Fuzz(func(t *testing.T, source []byte, environment string) {
		template, err := ParseTemplate(source, environment, variables)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		encoded, err := template.Encode()
		require.NoError(t, err)
		decoded, err := DecodeTemplate(encoded)
		require.NoError(t, err)
		require.Equal(t, template, decoded)
		if bytes.Contains(encoded, []byte("${")) || len(encoded) > largestSource {
			return // a literal ${ is written $${ in a document; defaults may make a large one too large
		}
		again, err := ParseTemplate(encoded, environment, variables)
		require.NoError(t, err)
		require.Equal(t, template, again)
	})
}
