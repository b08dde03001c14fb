package schema

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestStatementStart(t *testing.T) {
	t.Parallel()
	const sql = `-- a comment; with a semicolon
first;

/* and; another */
second ';' ";" $$ ; $$ $tag$ $$ ; $tag$ -- ;
;
third`
	for statements, want := range []string{"first", "second", "third"} {
		require.True(t, strings.HasPrefix(sql[statementStart(sql, statements):], want), want)
	}
	require.LessOrEqual(t, statementStart(sql, 9), len(sql))
	require.Zero(t, statementStart("", 0))
}

func TestMigrationsThatAreOutOfPlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"gap":     {[]string{"0001_a.down.sql", "0001_a.up.sql", "0003_c.down.sql", "0003_c.up.sql"}, "without gaps"},
		"double":  {[]string{"0001_a.down.sql", "0001_a.up.sql", "0001_b.down.sql"}, "without gaps or doubles"},
		"no down": {[]string{"0001_a.up.sql"}, "needs both"},
		"no up":   {[]string{"0001_a.down.sql"}, "needs both"},
		"name":    {[]string{"0001_a.sql"}, "name it NNNN_what.up.sql"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for _, file := range test.files {
				files["migrations/"+file] = &fstest.MapFile{}
			}
			_, err := load(files)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestEveryFileChangesTheDigest(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, files := range []fstest.MapFS{
		{},
		{"functions/a.sql": {Data: []byte("1")}},
		{"functions/a.sql": {Data: []byte("2")}},
		{"functions/b.sql": {Data: []byte("1")}},
		{"views/a.sql": {Data: []byte("1")}},
	} {
		s, err := load(files)
		require.NoError(t, err)
		require.False(t, seen[s.digest])
		seen[s.digest] = true
	}
}
