package schema_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

const pgmqIsOurs = "SELECT pgmq = 'own' FROM tasker.installation"

// Ensure that down leaves nothing behind and that up after it gives what up gave.
func TestUpDownUp(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	conn := dbtest.Connect(t, url)
	empty := mustDump(t, url)
	require.NoError(t, schema.Migrate(t.Context(), conn))
	first := mustDump(t, url)
	ours := mustQuery[bool](t, conn, pgmqIsOurs)
	require.NoError(t, schema.Down(t.Context(), conn))
	if ours { // the extension stays where it was
		require.Equal(t, empty, mustDump(t, url))
	}
	require.NoError(t, schema.Down(t.Context(), conn), "down with nothing there")
	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, first, mustDump(t, url))
	require.NoError(t, schema.Check(t.Context(), conn))
}

// Ensure that the printed script and Migrate give the same database, and that Migrate then finds it done.
func TestPrintedSQLIsWhatMigrateRuns(t *testing.T) {
	t.Parallel()
	migrated, printed := dbtest.URL(t), dbtest.Empty(t)
	file := filepath.Join(t.TempDir(), "migrate.sql")
	require.NoError(t, os.WriteFile(file, []byte(schema.SQL()), 0o600))
	mustRun(t, "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file="+file, printed)
	require.Equal(t, mustDump(t, migrated), mustDump(t, printed))
	require.NoError(t, schema.Check(t.Context(), dbtest.Connect(t, printed)))
}

func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	one, other := dbtest.Connect(t, url), dbtest.Connect(t, url)
	first := make(chan error)
	go func() { first <- schema.Migrate(t.Context(), one) }()
	require.NoError(t, schema.Migrate(t.Context(), other))
	require.NoError(t, <-first)
	require.Equal(t, schema.Version(), mustQuery[int](t, one, "SELECT count(*) FROM tasker.migrations"))
}

// Ensure that a second migrate does not even ask for the lock that another session holds here.
func TestMigrateAgainTakesNoLock(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	holder, conn := dbtest.Connect(t, url), dbtest.Connect(t, url)
	dbtest.Execute(t, holder, "SELECT pg_advisory_lock(hashtextextended('tasker.migrate', 0))")
	dbtest.Execute(t, conn, "SET lock_timeout = '1ms'")
	require.NoError(t, schema.Migrate(t.Context(), conn))
}

// Ensure that what is in the schema comes from the files, whatever was there before.
func TestObjectsAreReplacedWhole(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn := dbtest.Connect(t, url)
	before := mustDump(t, url)
	dbtest.Execute(t, conn, `
		CREATE FUNCTION tasker.forgotten() RETURNS integer LANGUAGE sql AS 'SELECT 1';
		CREATE FUNCTION tasker.wake() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER wakes AFTER INSERT ON tasker.migrations EXECUTE FUNCTION tasker.wake();
		CREATE VIEW tasker.one AS SELECT tasker.forgotten() AS n;
		CREATE VIEW tasker.another AS SELECT n FROM tasker.one;
		CREATE OR REPLACE FUNCTION pgmq.create(queue_name text) RETURNS void LANGUAGE sql AS '';
		UPDATE tasker.installation SET digest = 'of another build'`)
	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, before, mustDump(t, url))
}

// Ensure that a migrate that is refused changes nothing and says which object of the user's is in the way.
func TestUsersObjectsAreNotDropped(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn := dbtest.Connect(t, url)
	dbtest.Execute(t, conn, `
		CREATE VIEW tasker.ours AS SELECT 1 AS n;
		CREATE VIEW public.report AS SELECT n FROM tasker.ours;
		UPDATE tasker.installation SET digest = 'of another build'`)
	before := mustDump(t, url)
	err := schema.Migrate(t.Context(), conn)
	require.ErrorContains(t, err, "drop them, run `tasker migrate`, and create them again")
	require.ErrorContains(t, err, "view public.report depends on view tasker.ours")
	require.Equal(t, before, mustDump(t, url))
}

func TestPrivilegesOutliveMigrate(t *testing.T) {
	t.Parallel()
	role := mustRole(t)
	url := dbtest.URL(t)
	conn := dbtest.Connect(t, url)
	dbtest.Execute(t, conn, `
		REVOKE ALL ON FUNCTION tasker.create_task(jsonb) FROM PUBLIC;
		GRANT EXECUTE ON FUNCTION tasker.create_task(jsonb) TO `+role)
	before := mustDump(t, url)
	dbtest.Execute(t, conn, "UPDATE tasker.installation SET digest = 'of another build'")
	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, before, mustDump(t, url))
}

func TestMigrateRefusesSomebodyElsesSchema(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.Empty(t))
	dbtest.Execute(t, conn, "CREATE SCHEMA tasker; CREATE TABLE tasker.tasks (id integer)")
	require.ErrorContains(t, schema.Migrate(t.Context(), conn), `schema "tasker" is in use`)
}

// The server's own functions are hidden behind others that answer as a replica or an old server does.
func TestServersThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, disguise string
		want           error
	}{
		{"replica", "CREATE FUNCTION disguise.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true'", schema.ErrReplica},
		{"old", "CREATE FUNCTION disguise.current_setting(text) RETURNS text LANGUAGE sql AS $$SELECT '120022'$$", schema.ErrServerTooOld},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			conn := dbtest.Connect(t, dbtest.URL(t))
			dbtest.Execute(t, conn, "CREATE SCHEMA disguise; "+test.disguise+"; SET search_path = disguise, pg_catalog")
			require.ErrorIs(t, schema.Migrate(t.Context(), conn), test.want)
			require.ErrorIs(t, schema.Check(t.Context(), conn), test.want)
		})
	}
}

// Ensure that a pgmq that is not ours is used and left as it is.
func TestForeignPgmqIsUntouched(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn := dbtest.Connect(t, url)
	dbtest.Execute(t, conn, `
		DROP SCHEMA tasker CASCADE;
		COMMENT ON SCHEMA pgmq IS 'of somebody else';
		CREATE OR REPLACE FUNCTION pgmq.list_queues() RETURNS SETOF pgmq.queue_record LANGUAGE sql AS 'SELECT * FROM pgmq.meta';
		SELECT pgmq.create('theirs')`)
	before := mustDump(t, url, "--schema=pgmq")
	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, before, mustDump(t, url, "--schema=pgmq"))
	require.False(t, mustQuery[bool](t, conn, pgmqIsOurs))
	require.NoError(t, schema.Down(t.Context(), conn))
	require.Equal(t, []string{"theirs"}, mustQuery[[]string](t, conn, "SELECT array_agg(queue_name) FROM pgmq.meta"))
}

func TestEmptySchemaPgmqIsRefused(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.Empty(t))
	dbtest.Execute(t, conn, "CREATE SCHEMA pgmq")
	require.ErrorContains(t, schema.Migrate(t.Context(), conn), "Drop that schema, or install pgmq into it")
}

// Ensure that our pgmq is ours again when schema tasker is gone, for instance after a restore of only some schemas.
func TestOurPgmqIsRecognized(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn := dbtest.Connect(t, url)
	before := mustDump(t, url)
	dbtest.Execute(t, conn, "DROP SCHEMA tasker CASCADE")
	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, before, mustDump(t, url))
}

// Ensure that a restore that left out what our pgmq leans on is found out, and another migrate mends it.
func TestHalfOfOurPgmqIsMended(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn := dbtest.Connect(t, url)
	if !mustQuery[bool](t, conn, pgmqIsOurs) {
		t.Skip("this server's pgmq is not ours")
	}
	before := mustDump(t, url)
	dbtest.Execute(t, conn, "DROP SCHEMA tasker_pgmq CASCADE")
	require.ErrorIs(t, schema.Check(t.Context(), conn), schema.ErrAbsent)
	require.NoError(t, schema.Migrate(t.Context(), conn))
	require.Equal(t, before, mustDump(t, url))
}

func TestOwnerNeedNotBeSuperuser(t *testing.T) {
	t.Parallel()
	role := mustRole(t)
	conn := dbtest.Connect(t, dbtest.Empty(t))
	dbtest.Execute(t, conn, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO "+role+"', current_database()); END $$")
	dbtest.Execute(t, conn, "SET SESSION AUTHORIZATION "+role)
	require.NoError(t, schema.Migrate(t.Context(), conn))
	dbtest.Execute(t, conn, "UPDATE tasker.installation SET digest = 'of another build'")
	require.NoError(t, schema.Migrate(t.Context(), conn))
	dbtest.Execute(t, conn, "SELECT pgmq.send('orchestration_step_results', '{}')")
	require.NoError(t, schema.Down(t.Context(), conn))
}

// Ensure that a file creates what it is named for, and nothing else.
func TestFilesAreNamedForTheirObjects(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	const routines = `SELECT coalesce(array_agg(DISTINCT proname::text ORDER BY proname::text), '{}')
		FROM pg_proc WHERE pronamespace = $1::text::regnamespace`
	const views = `SELECT coalesce(array_agg(relname::text ORDER BY relname::text), '{}')
		FROM pg_class WHERE relkind = 'v' AND relnamespace = $1::text::regnamespace`
	require.Equal(t, mustNames(t, "functions"), mustQuery[[]string](t, conn, routines, "tasker"))
	require.Equal(t, mustNames(t, "views"), mustQuery[[]string](t, conn, views, "tasker"))
	if mustQuery[bool](t, conn, pgmqIsOurs) {
		ours := slices.DeleteFunc(mustNames(t, "pgmq"), func(name string) bool { return name == "schema" })
		require.Equal(t, ours, mustQuery[[]string](t, conn, routines, "pgmq"))
		// Those made for a queue have its name in theirs.
		require.Equal(t, mustNames(t, "tasker_pgmq"), mustQuery[[]string](t, conn, routines+" AND proname !~ '/'", "tasker_pgmq"))
	}
}

// Bodies are not looked at when they are installed, because they come in any order. Here PostgreSQL checks each one,
// with no search_path to lean on.
func TestBodiesAreValid(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	dbtest.Execute(t, conn, "SET search_path = ''")
	definitions := mustQuery[[]string](t, conn, `SELECT array_agg(pg_get_functiondef(oid)) FROM pg_proc
		WHERE pronamespace::regnamespace::text IN ('tasker', 'pgmq', 'tasker_pgmq')`)
	require.NotEmpty(t, definitions)
	for _, definition := range definitions {
		_, err := conn.Exec(t.Context(), definition)
		require.NoError(t, err, definition)
	}
}

// Ensure that an error names the file and the line, and shows what else the server said.
func TestErrorsNameFileAndLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sql, want, more string }{
		"syntax":       {"SELECT 1;\nSELECT 'é',\n  FROM;", "functions/x.sql:3: ERROR: syntax error", ""},
		"unknown name": {"SELECT 1;\n\nSELECT *\n  FROM nowhere;", "functions/x.sql:4: ERROR: relation \"nowhere\"", ""},
		"while it runs": {"-- one\nCREATE TABLE public.one ();\n-- one; again\nCREATE TABLE public.one ();",
			"functions/x.sql:4: ERROR: relation \"one\" already exists", ""},
		"in a block": {"DO $$ BEGIN\nRAISE EXCEPTION 'no' USING HINT = 'do this', DETAIL = 'because';\nEND $$;",
			"functions/x.sql:1: ERROR: no", "because\n  do this\n  PL/pgSQL function inline_code_block line 2 at RAISE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := schema.Run(t.Context(), dbtest.Connect(t, dbtest.Empty(t)), "functions/x.sql", test.sql)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, test.more)
		})
	}
}

func TestLockedOutSaysWhatToDo(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	holder, conn := dbtest.Connect(t, url), dbtest.Connect(t, url)
	dbtest.Execute(t, holder, "BEGIN; LOCK TABLE tasker.migrations")
	err := schema.Run(t.Context(), conn, "x.sql", "SET LOCAL lock_timeout = '1ms'; LOCK TABLE tasker.migrations")
	require.ErrorContains(t, err, "nothing was changed: end long transactions")
}

func mustQuery[T any](t *testing.T, db schema.Querier, sql string, args ...any) (value T) {
	t.Helper()
	require.NoError(t, db.QueryRow(t.Context(), sql, args...).Scan(&value))
	return value
}

// mustRole makes a role that is dropped after the test's databases, if it is asked for before them.
func mustRole(t *testing.T) string {
	t.Helper()
	var id [8]byte
	_, _ = rand.Read(id[:])
	role := "tasker_test_" + hex.EncodeToString(id[:])
	server := os.Getenv("TASKER_TEST_DATABASE_URL")
	require.NotEmpty(t, server, "TASKER_TEST_DATABASE_URL")
	dbtest.Execute(t, dbtest.Connect(t, server), "CREATE ROLE "+role)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), server)
		require.NoError(t, err)
		defer func() { _ = conn.Close(context.Background()) }()
		_, err = conn.Exec(context.Background(), "DROP ROLE "+role)
		require.NoError(t, err)
	})
	return role
}

func mustRun(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	require.NoError(t, err, "%s (from package postgresql-client): %s", program, out)
	return string(out)
}

var restricted = regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`) // a random word in newer dumps

func mustDump(t *testing.T, url string, options ...string) string {
	t.Helper()
	dbtest.NeedsDump(t)
	return restricted.ReplaceAllString(mustRun(t, "pg_dump", append(options, "--schema-only", url)...), "")
}

func mustNames(t *testing.T, folder string) []string {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), folder+"/*.sql")
	require.NoError(t, err)
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".sql"))
	}
	slices.Sort(names)
	return names
}
