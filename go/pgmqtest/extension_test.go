package pgmqtest_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

// TestTheExtensionTakesOver is the move on a server that has the real pgmq as an extension: there migrate chooses it.
func TestTheExtensionTakesOver(t *testing.T) {
	t.Parallel()
	url := serverWithExtension(t)
	conn := dbtest.Connect(t, url)
	require.NoError(t, schema.Migrate(t.Context(), conn))
	one := (&side{T: t, url: url}).session()
	whose := func() string { return one.exec("SELECT pgmq FROM tasker.installation") }
	require.Equal(t, "extension", whose())
	one.exec(`SELECT pgmq.create('jobs'), pgmq.enable_notify_insert('jobs', 5000); SELECT pgmq.send_batch('jobs', '{1,2,3}'::jsonb[]);
		SELECT pgmq.archive('jobs', 2); GRANT SELECT ON pgmq.meta TO PUBLIC`)
	before := one.exec(belongings)

	require.NoError(t, schema.TakePgmqBack(t.Context(), conn))
	require.Equal(t, "own", whose())
	require.Equal(t, before, one.exec(belongings))
	require.Equal(t, "0", one.exec("SELECT count(*) FROM pg_extension WHERE extname = 'pgmq'"))
	require.Equal(t, "1", one.exec("SELECT msg_id FROM pgmq.read('jobs', 0, 1)"))
	before = one.exec(belongings)

	require.NoError(t, schema.GivePgmqUp(t.Context(), conn, ""))
	require.Equal(t, "extension", whose())
	require.Equal(t, before, one.exec(belongings))
	require.Equal(t, "1", one.exec("SELECT count(*) FROM pg_extension WHERE extname = 'pgmq'"))
	require.Equal(t, "1", one.exec("SELECT msg_id FROM pgmq.read('jobs', 0, 1)"))
	require.Equal(t, "t", one.exec("SELECT pgmq.drop_queue('jobs')"))
	require.NoError(t, schema.Check(t.Context(), conn))
}

// Ensure that nothing happens where there is no such extension.
func TestNoExtensionToTakeOver(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	one := (&side{T: t, url: url}).session()
	if one.exec("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgmq'") != "0" {
		t.Skip("this server offers it")
	}
	before := one.exec(definitions)
	require.ErrorContains(t, schema.GivePgmqUp(t.Context(), dbtest.Connect(t, url), ""), "does not offer the extension pgmq")
	require.Equal(t, before, one.exec(definitions))
}

// serverWithExtension starts a server that offers the extension, from a copy of Debian's programs: they find their extensions by
// where they are themselves. It gives the URL of a database there.
func serverWithExtension(t *testing.T) string {
	t.Helper()
	script := mustRealSQL(t)
	found, err := exec.CommandContext(t.Context(), "../../bin/with-postgres", "--find").Output()
	require.NoError(t, err)
	version := regexp.MustCompile(`^/usr/lib/postgresql/(\d+)/bin\n$`).FindStringSubmatch(string(found))
	if version == nil {
		t.Skip("the server's programs are not laid out as Debian's are")
	}
	root, err := os.MkdirTemp("", "tasker-pgmq-") // not t.TempDir: the server's user must be able to get there
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	lib, share := filepath.Join("usr/lib/postgresql", version[1]), filepath.Join("usr/share/postgresql", version[1])
	shell(t, fmt.Sprintf(`cd %[1]s && mkdir -p %[2]s $(dirname %[3]s) data && cp -a /%[2]s/bin %[2]s/ && ln -s /%[2]s/lib %[2]s/lib && cp -a /%[3]s %[3]s`,
		root, lib, share))
	extension := filepath.Join(root, share, "extension")
	const control = "default_version = '1.11.1'\nschema = 'pgmq'\nrelocatable = false\nsuperuser = false\n"
	require.NoError(t, os.WriteFile(filepath.Join(extension, "pgmq.control"), []byte(control), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(extension, "pgmq--1.11.1.sql"), []byte(script), 0o644))
	return startServer(t, root, filepath.Join(root, lib, "bin"))
}

func startServer(t *testing.T, root, programs string) string {
	t.Helper()
	as := ""
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		as = "setpriv --reuid=postgres --regid=postgres --init-groups"
		shell(t, "chown -R postgres: "+root)
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := free.Addr().(*net.TCPAddr).Port
	require.NoError(t, free.Close())
	data := filepath.Join(root, "data")
	shell(t, fmt.Sprintf("cd %s && %s %s/initdb -D %s -U tasker -A trust --encoding=UTF8 --locale=C --no-sync", root, as, programs, data))
	t.Cleanup(func() {
		_ = exec.Command("sh", "-c", fmt.Sprintf("%s %s/pg_ctl -D %s -m immediate -w stop", as, programs, data)).Run() //nolint:noctx // at the end
	})
	shell(t, fmt.Sprintf(`cd %s && %s %s/pg_ctl -D %s -l %s/log -w start -o "-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"`,
		root, as, programs, data, data, port))
	url := fmt.Sprintf("postgres://tasker@127.0.0.1:%d/", port)
	conn, err := pgx.Connect(t.Context(), url+"postgres")
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), "CREATE DATABASE moves")
	require.NoError(t, err)
	return url + "moves"
}

func shell(t *testing.T, script string) {
	t.Helper()
	// Into a file: a server that is started would keep a pipe open.
	log, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		t.Fatalf("%s: %v\n%s", script, err, strings.TrimSpace(string(said)))
	}
}
