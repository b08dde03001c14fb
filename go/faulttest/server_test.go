package faulttest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/schema"
)

// server is a PostgreSQL of the test's own, which it may stop, crash and start again. It keeps its promises when it
// crashes (synchronous_commit), but not when the machine does.
type server struct {
	t        testing.TB
	home     string
	programs string
	port     int

	connections int // that it gives at most
}

// newServer makes and starts one. It is gone with the test.
func newServer(t testing.TB) *server {
	t.Helper()
	s := newHome(t)
	s.run("initdb", "--pgdata", s.data(), "--username=tasker", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	s.start()
	return s
}

func newHome(t testing.TB) *server {
	t.Helper()
	programs, err := exec.CommandContext(t.Context(), "../../bin/with-postgres", "--find").Output()
	require.NoError(t, err, "find PostgreSQL's programs")
	s := &server{t: t, programs: strings.TrimSpace(string(programs)), port: freePort(t), connections: 200}
	s.home, err = os.MkdirTemp("", "tasker-server")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(s.home) })
	if owner := s.owner(); owner != nil {
		require.NoError(t, os.Chown(s.home, int(owner.Uid), int(owner.Gid)))
	}
	return s
}

func freePort(t testing.TB) int {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // nobody has connected
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *server) data() string { return filepath.Join(s.home, "data") }

func (s *server) url() string {
	return fmt.Sprintf("postgres://tasker@127.0.0.1:%d/postgres?connect_timeout=5", s.port)
}

// owner is the user that PostgreSQL's package made, when we are root: it refuses to run as root.
func (s *server) owner() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	require.NoError(s.t, err)
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	require.NoError(s.t, err)
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	require.NoError(s.t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// run runs one of PostgreSQL's programs. What it says goes into a file, which a server that it starts may keep.
func (s *server) run(program string, arguments ...string) {
	s.t.Helper()
	command := exec.CommandContext(context.Background(), filepath.Join(s.programs, program), arguments...) //nolint:gosec // the tests' own words
	command.Dir = s.home
	command.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner()}
	output, err := os.Create(filepath.Join(s.home, "output"))
	require.NoError(s.t, err)
	defer output.Close() //nolint:errcheck // it is only read
	command.Stdout, command.Stderr = output, output
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(output.Name()) //nolint:errcheck // the failure itself tells
		log, _ := os.ReadFile(filepath.Join(s.home, "log"))
		s.t.Fatalf("%s: %v\n%s\n%s", program, err, said, log)
	}
}

func (s *server) start() {
	s.t.Helper()
	s.run("pg_ctl", "start", "--wait", "--pgdata", s.data(), "--log", filepath.Join(s.home, "log"), "--options",
		fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=%d -c max_wal_senders=2", s.port, s.connections))
	s.t.Cleanup(s.end)
}

// stop ends it: fast, as for an upgrade, or immediate, as in a crash.
func (s *server) stop(mode string) {
	s.t.Helper()
	s.run("pg_ctl", "stop", "--wait", "--pgdata", s.data(), "--mode", mode)
}

// end stops it if it still runs.
func (s *server) end() {
	if _, err := os.Stat(filepath.Join(s.data(), "postmaster.pid")); err == nil {
		s.stop("immediate")
	}
}

// world is a migrated database there, the server's only one.
func (s *server) world(steps string) *world {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.url())
	require.NoError(s.t, err)
	defer conn.Close(s.t.Context()) //nolint:errcheck // nothing is lost with it
	require.NoError(s.t, schema.Migrate(s.t.Context(), conn))
	w := &world{t: s.t, url: s.url(), pool: openPool(s.t, s.url(), 4)}
	w.register("demo", "job", steps)
	return w
}
