package pgmqtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCalls runs the scripts in testdata on both and compares what comes of every statement: rows, errors with their
// SQLSTATE, notices, notifications. A statement under a comment "-- differs: what" must differ, and what stands in
// spec/pgmq.md.
func TestCalls(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sql"), func(t *testing.T) {
			t.Parallel()
			ours, real := ourSide(t).session(), realSide(t).session()
			needs(t, file, ours)
			for _, s := range mustStatements(t, file) {
				want, found := real.outcome(s.sql), ours.outcome(s.sql)
				if s.differs == "" {
					require.Equal(t, want, found, "%s\n(expected: the real one)", s.sql)
					continue
				}
				require.NotEqual(t, want, found, "no longer different (%s): %s", s.differs, s.sql)
				mustStandInDocs(t, s.differs)
			}
		})
	}
}

// needs leaves out a script about partitions where the server has no pg_partman.
func needs(t *testing.T, file string, s *session) {
	t.Helper()
	if strings.Contains(file, "partman") &&
		s.exec("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_partman'") == "0" {
		t.Skip("this server has no pg_partman (bin/setup installs it on Debian)")
	}
}

type statement struct {
	sql, differs string
}

var (
	separator = regexp.MustCompile(`;[ \t]*(--[^\n]*)?\n`)
	mark      = regexp.MustCompile(`(?m)^-- differs: (.+)$`)
)

func mustStatements(t *testing.T, file string) (statements []statement) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, sql := range separator.Split(string(text), -1) {
		var s statement
		if found := mark.FindStringSubmatch(sql); found != nil {
			s.differs = found[1]
		}
		if s.sql = strings.TrimSpace(sql); s.sql != "" {
			statements = append(statements, s)
		}
	}
	return statements
}

// mustStandInDocs asserts that users are told of a difference.
func mustStandInDocs(t *testing.T, words string) {
	t.Helper()
	page, err := os.ReadFile("../../spec/pgmq.md")
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(string(page)), " "), words, "spec/pgmq.md lists every difference")
}
