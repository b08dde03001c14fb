package pgmqtest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// without leaves out what needs the real pgmq.
const without = "TASKER_TEST_WITHOUT_REAL_PGMQ"

// TestMain runs nothing where every database has the real pgmq (TASKER_TEST_PGMQ=real, see bin/with-postgres): both sides are
// here anyway.
func TestMain(m *testing.M) {
	if os.Getenv("TASKER_TEST_PGMQ") == "real" {
		return
	}
	os.Exit(m.Run())
}

// side is a database with one of the two implementations.
type side struct {
	*testing.T
	url  string
	ours bool
}

// onBoth runs a test on ours and on the real one, at the same time.
func onBoth(t *testing.T, test func(s *side)) {
	t.Helper()
	t.Parallel()
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		test(ourSide(t))
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		test(realSide(t))
	})
}

func ourSide(t *testing.T) *side {
	t.Helper()
	s := &side{T: t, url: dbtest.URL(t), ours: true}
	// The orchestrator's queues would stand in every list.
	dbtest.Execute(t, dbtest.Connect(t, s.url), "SELECT pgmq.drop_queue(queue_name) FROM pgmq.list_queues()")
	return s
}

func realSide(t *testing.T) *side {
	t.Helper()
	script := mustRealSQL(t)
	s := &side{T: t, url: dbtest.Empty(t)}
	dbtest.Execute(t, dbtest.Connect(t, s.url), script)
	return s
}

func mustRealSQL(t *testing.T) string {
	t.Helper()
	if os.Getenv(without) != "" {
		t.Skip(without + " is set")
	}
	script, err := realSQL()
	if err != nil {
		t.Fatalf("%v; to leave out what needs the real pgmq, set %s=1", err, without)
	}
	return script
}

// realSQL is the script that installs the real pgmq.
var realSQL = sync.OnceValues(func() (string, error) {
	var complaint bytes.Buffer
	fetch := exec.Command("../../bin/real-pgmq") //nolint:noctx // it gives up by itself
	fetch.Stderr = &complaint
	path, err := fetch.Output()
	if err != nil {
		return "", fmt.Errorf("the real pgmq could not be had: %w\n%s", err, complaint.String())
	}
	script, err := os.ReadFile(strings.TrimSpace(string(path)))
	return string(script), err
})

// pool gives connections on which nothing waits for ever.
func (s *side) pool() *pgxpool.Pool {
	s.Helper()
	config, err := pgxpool.ParseConfig(s.url)
	require.NoError(s, err)
	config.MaxConns = 10
	config.ConnConfig.RuntimeParams["statement_timeout"] = "30s"
	pool, err := pgxpool.NewWithConfig(s.Context(), config)
	require.NoError(s, err)
	s.Cleanup(pool.Close)
	return pool
}

// session is one connection and what the server said on it without being asked.
type session struct {
	*side
	conn  *pgx.Conn
	heard []string
}

func (s *side) session() *session {
	s.Helper()
	config, err := pgx.ParseConfig(s.url)
	require.NoError(s, err)
	one := &session{side: s}
	config.RuntimeParams["statement_timeout"] = "30s"
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		one.heard = append(one.heard, fmt.Sprintf("%s %s: %s", n.Severity, n.Code, n.Message))
	}
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		one.heard = append(one.heard, fmt.Sprintf("on %s: %q", n.Channel, n.Payload))
	}
	one.conn, err = pgx.ConnectConfig(s.Context(), config)
	require.NoError(s, err)
	s.Cleanup(func() { _ = one.conn.Close(s.T.Context()) })
	return one
}

// outcome is all that came of a statement, one thing a line: rows, then notices and notifications, then the error.
func (s *session) outcome(sql string) string {
	s.Helper()
	s.heard = nil
	var lines []string
	results := s.conn.PgConn().Exec(s.Context(), sql)
	for results.NextResult() {
		for reader := results.ResultReader(); reader.NextRow(); {
			var columns []string
			for _, value := range reader.Values() {
				text := "NULL"
				if value != nil {
					text = string(value)
				}
				columns = append(columns, text)
			}
			lines = append(lines, strings.Join(columns, " | "))
		}
	}
	err := results.Close()
	lines = append(lines, s.heard...)
	if err != nil {
		var server *pgconn.PgError
		require.ErrorAs(s, err, &server)
		message, _, _ := strings.Cut(server.Message, "\n") // pg_partman adds whose statement it was
		lines = append(lines, fmt.Sprintf("ERROR %s: %s", server.Code, message))
	}
	return strings.Join(lines, "\n")
}

// exec runs what must succeed and gives its rows.
func (s *session) exec(sql string) string {
	s.Helper()
	outcome := s.outcome(sql)
	require.NotContains(s, outcome, "ERROR ", sql)
	return outcome
}
