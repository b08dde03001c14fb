package faulttest

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// session is somebody with a connection, who takes one statement at a time.
type session struct {
	w    *world
	name string
	conn *pgx.Conn
	pid  uint32
	said chan error // the answer to the statement under way
}

// session connects somebody new.
func (w *world) session(name string) *session {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.url)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.PgConn().Conn().Close() })
	return &session{w: w, name: name, conn: conn, pid: conn.PgConn().PID()}
}

// do takes a statement to its end, which must be a good one.
func (s *session) do(sql string, arguments ...any) *session {
	s.w.t.Helper()
	require.NoError(s.w.t, s.try(sql, arguments...), "%s: %s", s.name, sql)
	return s
}

// try takes a statement to its end.
func (s *session) try(sql string, arguments ...any) error {
	_, err := s.conn.Exec(s.w.t.Context(), sql, arguments...)
	return err
}

// value takes a statement that gives one value as text.
func (s *session) value(sql string, arguments ...any) (v string) {
	s.w.t.Helper()
	require.NoError(s.w.t, s.conn.QueryRow(s.w.t.Context(), sql, arguments...).Scan(&v), "%s: %s", s.name, sql)
	return v
}

// begin takes a statement that will have to wait for somebody.
func (s *session) begin(sql string, arguments ...any) *session {
	s.said = make(chan error, 1)
	go func() { s.said <- s.try(sql, arguments...) }()
	return s
}

// blockedOn counts the locks that sessions wait for: those of rows and our own, not the one that every commit with a
// notification takes for a moment.
const blockedOn = `SELECT count(*) FROM pg_locks WHERE pid = ANY ($1) AND NOT granted
	AND locktype IN ('advisory', 'transactionid', 'tuple', 'relation', 'spectoken')`

// waits says whether the statement under way waits for a lock; false: it has come to its end without.
func (s *session) waits() bool {
	s.w.t.Helper()
	blocked := false
	s.w.eventually(s.name+"'s waiting or its end", func() bool {
		blocked = s.w.number(blockedOn, []int32{int32(s.pid)}) > 0 //nolint:gosec // a pid
		return blocked || len(s.said) > 0
	})
	return blocked
}

// mustWait is for a wait that the interleaving itself needs.
func (s *session) mustWait() *session {
	s.w.t.Helper()
	require.True(s.w.t, s.waits(), "%s should wait here", s.name)
	return s
}

// stopAtGate waits until the statement under way stands at the gate, and not before some other lock on the way there.
func (s *session) stopAtGate() *session {
	s.w.t.Helper()
	s.w.eventually(s.name+" at the gate", func() bool {
		return s.w.number(`SELECT count(*) FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND objid = $2 AND NOT granted`,
			int(s.pid), gateKey) > 0
	})
	return s
}

// end waits for the end of the statement under way.
func (s *session) end() (err error) {
	s.w.t.Helper()
	s.w.eventually("the end of "+s.name+"'s statement", func() bool { return len(s.said) > 0 })
	return <-s.said
}

// mustEnd is for a statement that has to end well.
func (s *session) mustEnd() {
	s.w.t.Helper()
	require.NoError(s.w.t, s.end(), s.name)
}

// code gives the SQLSTATE of an error.
func code(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// deadlocks counts those that PostgreSQL found in this database.
func (w *world) deadlocks() int {
	w.t.Helper()
	return w.number(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`)
}

// ticking is a tick under way in a goroutine of its own.
type ticking struct {
	w      *world
	report orchestrator.Report
	done   chan error
}

func (w *world) beginTick(o *orchestrator.Orchestrator) *ticking {
	t := &ticking{w: w, done: make(chan error, 1)}
	go func() {
		report, err := o.Tick(context.WithoutCancel(w.t.Context()))
		t.report = report
		t.done <- err
	}()
	return t
}

// waits says whether the tick waits for a lock before it ends.
func (t *ticking) waits() (blocked bool) {
	t.w.t.Helper()
	t.w.eventually("the tick's waiting or its end", func() bool {
		blocked = t.w.number(strings.Replace(blockedOn, "$1", `ARRAY(SELECT pid FROM pg_stat_activity
			WHERE datname = current_database())`, 1)) > 0
		return blocked || len(t.done) > 0
	})
	return blocked
}

// fail waits for the end of the tick and gives its error.
func (t *ticking) fail() error {
	t.w.t.Helper()
	t.w.eventually("the end of the tick", func() bool { return len(t.done) > 0 })
	return <-t.done
}

// end is for a tick that has to end well.
func (t *ticking) end() orchestrator.Report {
	t.w.t.Helper()
	require.NoError(t.w.t, t.fail())
	return t.report
}
