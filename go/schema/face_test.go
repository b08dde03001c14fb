package schema_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

// newestReleased is the newest face that a release went out with. Its record, and those before it, are never written again.
const newestReleased = 0

var recordFace = flag.Bool("record", false, "write the record of this face, while it is not released yet")

// face gives the SQL that makes a schema say that it serves these faces.
func face(oldest, newest int) string {
	return fmt.Sprintf(`CREATE OR REPLACE FUNCTION tasker.face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT %d';
		CREATE OR REPLACE FUNCTION tasker.oldest_face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT %d'`, newest, oldest)
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, change string
		want         error
		message      string
	}{
		{"absent", "DROP SCHEMA tasker CASCADE", schema.ErrAbsent, "run `tasker migrate`"},
		{"before there were faces", "DROP FUNCTION tasker.face()", schema.ErrOlder, "it has no face, this process needs face 1: run `tasker migrate`"},
		{"newer", face(schema.Face+1, schema.Face+2), schema.ErrNewer,
			"serves faces 2 to 3, this process was built for face 1: deploy the tasker-core that migrated it"},
		{"newer, and serves us", face(schema.Face, schema.Face+1), nil, ""},
		{"other functions of the same face", "UPDATE tasker.installation SET digest = 'other'", nil, ""},
		{"later migrations of the same face", "INSERT INTO tasker.migrations VALUES (9999, 'later')", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			require.NoError(t, schema.Check(t.Context(), pool))
			_, err := pool.Exec(t.Context(), test.change)
			require.NoError(t, err)
			err = schema.Check(t.Context(), pool)
			require.ErrorIs(t, err, test.want)
			if test.want != nil {
				require.ErrorContains(t, err, test.message)
			}
		})
	}
}

// An older schema cannot be had while face 1 is the first; a process of a later build can.
func TestALaterProcessIsRefused(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	_, err := conn.Exec(t.Context(), "SELECT tasker.require_face($1)", schema.Face+1)
	require.ErrorContains(t, err, fmt.Sprintf("schema tasker has face %d, this process needs face %d: run `tasker migrate`", schema.Face, schema.Face+1))
	require.True(t, schema.Unfit(err))
}

// Ensure that nothing that a newer build installed is taken away, whether it raised its migrations or only its face.
func TestMigrateRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"version": "INSERT INTO tasker.migrations VALUES (9999, 'later')",
		"face":    face(schema.Face, schema.Face+1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dbtest.Connect(t, dbtest.URL(t))
			dbtest.Execute(t, conn, change+"; UPDATE tasker.installation SET digest = 'later'")
			require.ErrorIs(t, schema.Migrate(t.Context(), conn), schema.ErrNewer)
			require.ErrorIs(t, schema.Down(t.Context(), conn), schema.ErrNewer)
		})
	}
}

// Ensure that Go, Ruby and SQL speak of the same face.
func TestOneFace(t *testing.T) {
	t.Parallel()
	ruby, err := os.ReadFile("../../lib/tasker_core/version.rb")
	require.NoError(t, err)
	said := regexp.MustCompile(`(?m)^  FACE = (\d+)$`).FindStringSubmatch(string(ruby))
	require.NotNil(t, said, "lib/tasker_core/version.rb has no FACE")
	require.Equal(t, fmt.Sprint(schema.Face), said[1])
	conn := dbtest.Connect(t, dbtest.URL(t))
	require.Equal(t, schema.Face, mustQuery[int](t, conn, "SELECT tasker.face()"))
	require.LessOrEqual(t, mustQuery[int](t, conn, "SELECT tasker.oldest_face()"), schema.Face)
}

// signatures is the contract as far as PostgreSQL can tell it: every function with its arguments and its result, every
// table and view with its columns.
const signatures = `
	SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
		SELECT format('%s(%s) -> %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid)) AS line
		  FROM pg_proc WHERE pronamespace = 'tasker'::regnamespace
		UNION ALL
		SELECT format('%s.%s %s%s', relname, attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' not null' END)
		  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
		 WHERE relnamespace = 'tasker'::regnamespace AND relkind IN ('r', 'v', 'p') AND attnum > 0 AND NOT attisdropped) l`

// TestSignaturesBelongToAFace compares the contract with what was recorded for this face.
func TestSignaturesBelongToAFace(t *testing.T) {
	t.Parallel()
	file := fmt.Sprintf("testdata/face_%d.txt", schema.Face)
	now := mustQuery[string](t, dbtest.Connect(t, dbtest.URL(t)), signatures) + "\n"
	if *recordFace {
		require.Greater(t, schema.Face, newestReleased, "face %d is released: raise the face first", schema.Face)
		require.NoError(t, os.WriteFile(file, []byte(now), 0o600))
		return
	}
	recorded, err := os.ReadFile(file) //nolint:gosec // one of ours
	require.NoError(t, err)
	remedy := "raise the face (functions/face.sql, schema.Face, TaskerCore::FACE), think about functions/oldest_face.sql, " +
		"and record it: go test ./go/schema -run TestSignaturesBelongToAFace -args -record"
	if schema.Face > newestReleased {
		remedy = "this face is not released yet, so record it again: go test ./go/schema -run TestSignaturesBelongToAFace -args -record"
	}
	require.Equal(t, string(recorded), now, "the contract of face %d changed: %s", schema.Face, remedy)
}

// TestMigrateWaitsForTicks: a transaction that asked for its face sees no function exchanged until it ends, and one that
// asks while functions are exchanged waits, and is answered by the new ones.
func TestMigrateWaitsForTicks(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	tick, late, migrator, other := dbtest.Connect(t, url), dbtest.Connect(t, url), dbtest.Connect(t, url), dbtest.Connect(t, url)
	dbtest.Execute(t, late, schema.RequireFace()) // it has seen the old functions
	dbtest.Execute(t, other, "UPDATE tasker.installation SET digest = 'of another build'")
	dbtest.Execute(t, tick, "BEGIN; "+schema.RequireFace())
	migrated := make(chan error, 1)
	go func() { migrated <- schema.Migrate(t.Context(), migrator) }()
	mustWaitFor(t, other, migrator)
	answered := make(chan error, 1)
	go func() {
		_, err := late.Exec(t.Context(), schema.RequireFace())
		answered <- err
	}()
	mustWaitFor(t, other, late)
	dbtest.Execute(t, tick, "SELECT tasker.uuidv7(); COMMIT")
	require.NoError(t, <-migrated)
	require.NoError(t, <-answered)
}

// The same, but what is installed no longer serves the one that waits.
func TestWhoWaitedIsAskedByTheNewFace(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	late, migrator, other := dbtest.Connect(t, url), dbtest.Connect(t, url), dbtest.Connect(t, url)
	dbtest.Execute(t, late, schema.RequireFace())
	dbtest.Execute(t, migrator, `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('tasker.face', 0));
		DROP FUNCTION tasker.face(); DROP FUNCTION tasker.oldest_face();`+face(2, 2))
	answered := make(chan error, 1)
	go func() {
		_, err := late.Exec(t.Context(), schema.RequireFace())
		answered <- err
	}()
	mustWaitFor(t, other, late)
	dbtest.Execute(t, migrator, "COMMIT")
	require.ErrorContains(t, <-answered, "serves faces 2 to 2, this process was built for face 1")
}

// A caller's open transaction with a new task in it does not keep functions from being exchanged.
func TestMigrateDoesNotWaitForCallers(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	caller, migrator := dbtest.Connect(t, url), dbtest.Connect(t, url)
	dbtest.Execute(t, migrator, `SELECT tasker.register_template('{"namespace": "demo", "name": "one", "version": "1.0.0", "steps": []}');
		UPDATE tasker.installation SET digest = 'of another build'`)
	const create = `SELECT tasker.create_task('{"namespace": "demo", "name": "one"}')`
	dbtest.Execute(t, caller, "BEGIN; "+create)
	require.NoError(t, schema.Migrate(t.Context(), migrator))
	dbtest.Execute(t, caller, create+"; COMMIT")
	require.Equal(t, 2, mustQuery[int](t, migrator, "SELECT count(*) FROM tasker.tasks"))
}

// mustWaitFor waits until a connection waits for a lock.
func mustWaitFor(t *testing.T, db *pgx.Conn, one *pgx.Conn) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if mustQuery[bool](t, db, "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)", one.PgConn().PID()) {
			return
		}
	}
	t.Fatal("it waits for no lock")
}

// Ensure that callers find every function at every moment, while all of them are installed again and again.
func TestCallersDoNotNoticeAMigrate(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	migrator := dbtest.Connect(t, url)
	dbtest.Execute(t, migrator, `SELECT tasker.register_template('{"namespace": "demo", "name": "one", "version": "1.0.0", "steps": [
		{"name": "a", "handler_class": "A", "depends_on": [], "config": {}, "max_attempts": 3, "retryable": true, "skippable": false,
		 "backoff": {"strategy": "fixed", "base_seconds": 1, "max_seconds": 1, "jitter": 0}}]}')`)
	done := make(chan struct{})
	var callers repeaters
	for _, call := range []string{
		`SELECT tasker.create_task('{"namespace": "demo", "name": "one"}')`,
		`SELECT tasker.create_task('{"namespace": "demo", "name": "one"}')`,
		`SELECT count(*) FROM tasker.read_steps('demo', 30, 5, 'worker')`,
		`BEGIN; ` + schema.RequireFace() + `; SELECT tasker.enqueue_ready(10, 'tick', NULL); COMMIT`,
	} {
		conn := dbtest.Connect(t, url)
		callers.call(func() error { _, err := conn.PgConn().Exec(context.Background(), call).ReadAll(); return err }, done)
	}
	for range 30 {
		dbtest.Execute(t, migrator, "UPDATE tasker.installation SET digest = 'of another build'")
		require.NoError(t, schema.Migrate(t.Context(), migrator))
	}
	close(done)
	require.NoError(t, callers.wait())
}

// repeaters repeat calls until they are told to end, and give their errors.
type repeaters struct{ running []chan error }

func (g *repeaters) call(again func() error, done <-chan struct{}) {
	ended := make(chan error, 1)
	g.running = append(g.running, ended)
	go func() {
		for {
			select {
			case <-done:
				ended <- nil
				return
			default:
			}
			if err := again(); err != nil {
				ended <- err
				return
			}
		}
	}()
}

func (g *repeaters) wait() (err error) {
	for _, ended := range g.running {
		err = errors.Join(err, <-ended)
	}
	return err
}

// Ensure that a function with another result, another kind or other arguments is exchanged as well.
func TestSignaturesMayChange(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"result":    `DROP FUNCTION tasker.uuidv7; CREATE FUNCTION tasker.uuidv7() RETURNS text LANGUAGE sql AS 'SELECT 1::text'`,
		"kind":      `DROP FUNCTION tasker.uuidv7; CREATE PROCEDURE tasker.uuidv7() LANGUAGE sql AS 'SELECT 1'`,
		"arguments": `DROP FUNCTION tasker.uuidv7; CREATE FUNCTION tasker.uuidv7(of text) RETURNS uuid LANGUAGE sql AS 'SELECT of::uuid'`,
		"defaults":  `DROP FUNCTION tasker.face; CREATE FUNCTION tasker.face(of text DEFAULT 'a') RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t)
			conn := dbtest.Connect(t, url)
			before := mustDump(t, url)
			dbtest.Execute(t, conn, change+"; UPDATE tasker.installation SET digest = 'of another build'")
			require.NoError(t, schema.Migrate(t.Context(), conn))
			require.Equal(t, before, mustDump(t, url))
		})
	}
}
