// Package dbtest gives every test a PostgreSQL database of its own, migrated, in milliseconds, in parallel.
//
// The first test that needs one migrates a template database, once for a server and for the SQL of a build: its name
// carries the digest. Every test gets a copy of it (CREATE DATABASE ... TEMPLATE), dropped at the end of the test.
// Nothing is shared between tests, so all of them can run at once, from any number of test programs.
//
// TASKER_TEST_DATABASE_URL names the server: the URL of any database there, as a role that may create databases.
// TASKER_TEST_POOLER is host:port of a pooler before it, through which tests then reach their databases.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/safego"
	"github.com/tasker-core/tasker-core/go/schema"
)

const (
	variable = "TASKER_TEST_DATABASE_URL"
	pooler   = "TASKER_TEST_POOLER"
	maxConns = 8
	patience = 10 * time.Second
	bare     = "template1"     // what new databases are copies of; the real pgmq may be in it, see bin/with-postgres
	deadline = 2 * time.Minute // for one create or drop, on a machine that is busy with all the others
)

// New gives a pool on a new migrated database. Both end with the test.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return NewWith(t, func(*pgxpool.Config) {})
}

// NewWith is New for a test that needs something special of its connections.
func NewWith(t testing.TB, change func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(URL(t))
	if err != nil {
		t.Fatalf("parse the URL of the test's database: %v", err)
	}
	config.MaxConns = maxConns
	change(config)
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() { closePool(t, pool) })
	return pool
}

// closePool does not wait for ever for a connection that a test took and never gave back.
func closePool(t testing.TB, pool *pgxpool.Pool) {
	closed := make(chan struct{})
	safego.Go("close the test's pool", func() {
		pool.Close()
		close(closed)
	})
	select {
	case <-closed:
	case <-time.After(patience):
		t.Errorf("close the test's pool: %d connections were never released", pool.Stat().AcquiredConns())
	}
}

// URL gives the URL of a new migrated database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	server := mustServer(t)
	template, err := ensureTemplate(server)
	if err != nil {
		t.Fatalf("make the template database: %v", err)
	}
	return mustCreate(t, server, template)
}

// Empty gives the URL of a new database that was never migrated, dropped when the test ends.
func Empty(t testing.TB) string {
	t.Helper()
	return mustCreate(t, mustServer(t), bare)
}

// Connect gives a connection of its own to a database, which ends with the test.
func Connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to the test's database: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Execute runs SQL, one statement or several, and ends the test when it fails.
func Execute(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("execute %s: %v", sql, err)
	}
}

// NeedsDump skips a test that dumps a database where the server is newer than pg_dump, which then refuses (rake versions).
func NeedsDump(t testing.TB) {
	t.Helper()
	var server int
	err := onServer(mustServer(t), func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::integer / 10000").Scan(&server)
	})
	if err != nil {
		t.Fatalf("ask the server for its version: %v", err)
	}
	said, err := exec.CommandContext(t.Context(), "pg_dump", "--version").Output()
	var program int
	if err == nil {
		_, err = fmt.Sscanf(string(said), "pg_dump (PostgreSQL) %d", &program)
	}
	if err != nil {
		t.Fatalf("pg_dump (from package postgresql-client): %v", err)
	}
	if program < server {
		t.Skipf("pg_dump is of version %d, the server of %d", program, server)
	}
}

// mustServer reads which server to use.
func mustServer(t testing.TB) *url.URL {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		t.Fatalf("%s is not set: run `bin/test go`, or set it to the URL of a database on a PostgreSQL server "+
			"where tests may create databases (postgres://superuser@host:port/postgres)", variable)
	}
	server, err := url.Parse(text)
	if err != nil || server.Scheme != "postgres" && server.Scheme != "postgresql" {
		t.Fatalf("%s is not a URL of the form postgres://user@host:port/database", variable)
	}
	return server
}

// mustCreate makes a copy of a template database and sees to it that it is dropped.
func mustCreate(t testing.TB, server *url.URL, template string) string {
	t.Helper()
	name := "tasker_test_" + random()
	if err := onServer(server, create(name, template)); err != nil {
		t.Fatalf("create the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := onServer(server, drop(name)); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return pooled(at(server, name))
}

// pooled is a database's URL through the pooler, where there is one between the tests and the server (rake pooler).
func pooled(direct string) string {
	through := os.Getenv(pooler)
	if through == "" {
		return direct
	}
	u, _ := url.Parse(direct) // it is ours
	u.Host = through
	u.RawQuery = "default_query_exec_mode=cache_describe" // for every pgx: prepare nothing
	return u.String()
}

// ensureTemplate gives the name of the migrated template database of this build, making it if need be.
// It is built under another name and renamed at the end, so a template is always whole.
func ensureTemplate(server *url.URL) (string, error) {
	template := "tasker_template_" + schema.Digest()[:16]
	return template, onServer(server, func(ctx context.Context, conn *pgx.Conn) error {
		if there, err := exists(ctx, conn, template); there || err != nil {
			return err
		}
		// Other test programs may be here too. The lock ends with the connection.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended('tasker.dbtest', 0))"); err != nil {
			return fmt.Errorf("wait for the template: %w", err)
		}
		if there, err := exists(ctx, conn, template); there || err != nil {
			return err
		}
		return buildTemplate(ctx, conn, server, template)
	})
}

func buildTemplate(ctx context.Context, conn *pgx.Conn, server *url.URL, template string) error {
	draft := template + "_" + random()
	if err := create(draft, bare)(ctx, conn); err != nil {
		return err
	}
	if err := migrate(ctx, at(server, draft)); err != nil {
		_ = drop(draft)(ctx, conn) // the first error tells more
		return err
	}
	// Nobody may connect to a template, or it could not be copied.
	for _, statement := range []string{
		"ALTER DATABASE " + draft + " ALLOW_CONNECTIONS false",
		"ALTER DATABASE " + draft + " RENAME TO " + template,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func migrate(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return schema.Migrate(ctx, conn)
}

type work func(ctx context.Context, conn *pgx.Conn) error

// onServer works on a connection of its own, so that nothing stays open between tests.
func onServer(server *url.URL, do work) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return fmt.Errorf("connect to %s: %w", variable, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return do(ctx, conn)
}

func exists(ctx context.Context, conn *pgx.Conn, name string) (there bool, err error) {
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	return there, err
}

func create(name, template string) work {
	return func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
		return err
	}
}

func drop(name string) work {
	return func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		return err
	}
}

// at is the server's URL with another database.
func at(server *url.URL, name string) string {
	other := *server
	other.Path = "/" + name
	return other.String()
}

func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
