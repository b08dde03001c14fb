package faulttest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// behindPooler gives the URL of a database through a PgBouncer of the test's own, in transaction mode: every transaction
// may get another session of the server's, of which there are two.
func behindPooler(t testing.TB, direct string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // Debian keeps it off everybody's PATH but root's
	}
	s := newHome(t)
	through, err := url.Parse(direct)
	require.NoError(t, err)
	config := filepath.Join(s.home, "pgbouncer.ini")
	users := filepath.Join(s.home, "users")
	require.NoError(t, os.WriteFile(users, []byte(fmt.Sprintf("%q \"\"\n", through.User.Username())), 0o644))
	require.NoError(t, os.WriteFile(config, []byte(fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
`, through.Hostname(), through.Port(), s.port, users)), 0o644))
	pooler := exec.CommandContext(context.Background(), program, "--quiet", config)
	pooler.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner()}
	require.NoError(t, pooler.Start())
	t.Cleanup(func() {
		_ = pooler.Process.Kill()
		_ = pooler.Wait() //nolint:errcheck // it was killed
	})
	through.Host = fmt.Sprintf("127.0.0.1:%d", s.port)
	eventually(t, "PgBouncer", patience, func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", through.Host)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return through.String()
}

// TestThroughPgBouncer: two orchestrators whose notifications never come and whose sessions change under their feet do
// everything, by polling and without prepared statements.
func TestThroughPgBouncer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, diamond)
	pooled := behindPooler(t, w.url)
	for range 2 {
		o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: pooled, Unprepared: true,
			Log: func(level, message string, attributes map[string]any) {
				if level == "error" {
					t.Errorf("%s: %v", message, attributes)
				}
			}})
		require.NoError(t, err)
		t.Cleanup(o.Close)
		o.Start()
	}
	for range 20 {
		w.create()
		w.exec(`SELECT pgmq.send('orchestration_task_requests', $1::jsonb)`, request("job"))
	}
	working := worker{pool: w.pool, namespace: "demo", lease: 30, quantity: 10}
	w.throughToTheEnd(func(context.Context) {}, working.once, 40)
	w.requireSound()
}

// TestPgBouncerNeedsASetting: without the setting the error names it.
func TestPgBouncerNeedsASetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	pooled := behindPooler(t, w.url)
	ticks := make([]*orchestrator.Orchestrator, 3)
	for i := range ticks {
		o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: pooled})
		require.NoError(t, err)
		t.Cleanup(o.Close)
		ticks[i] = o
	}
	w.eventually("the error", func() bool {
		for _, o := range ticks {
			if _, err := o.Tick(t.Context()); err != nil {
				require.ErrorContains(t, err, "set prepared_statements to false")
				return true
			}
		}
		return false
	})
}
