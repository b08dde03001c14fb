package orchestrator_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/schema"
)

// These tests change the schema under an orchestrator that runs.

// otherFace is SQL that makes the schema serve this face and no other.
func otherFace(face string) string {
	return `CREATE OR REPLACE FUNCTION tasker.face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ` + face + `';
		CREATE OR REPLACE FUNCTION tasker.oldest_face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ` + face + `'`
}

// TestTicksRefuseAnotherFace: a tick on a schema that does not serve it does nothing and says why, in the words of Check.
func TestTicksRefuseAnotherFace(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	conn := mustConnect(t, url)
	id := wide(t, o, "demo", 3)
	answer(t, pool, id)
	for _, c := range []struct {
		change, back string
		want         error
	}{
		{otherFace("2"), otherFace("1"), schema.ErrNewer},
		{`ALTER FUNCTION tasker.face() RENAME TO no_face`, `ALTER FUNCTION tasker.no_face() RENAME TO face`, schema.ErrOlder},
		{`ALTER SCHEMA tasker RENAME TO elsewhere`, `ALTER SCHEMA elsewhere RENAME TO tasker`, schema.ErrAbsent},
	} {
		execute(t, conn, c.change)
		report, err := o.Tick(t.Context())
		require.ErrorIs(t, err, c.want)
		require.False(t, report.Moved())
		execute(t, conn, c.back)
	}
	_, err := o.Tick(t.Context())
	require.NoError(t, err)
	require.Equal(t, "complete", stateOf(t, pool, id))
}

// TestRunGoesOnWhenTheFaceFits: it says once that it stands still, and once that it goes on.
func TestRunGoesOnWhenTheFaceFits(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	var failed, again atomic.Int32
	o, err := orchestrator.Open(t.Context(), orchestrator.Config{DatabaseURL: url, Log: func(_, message string, _ map[string]any) {
		switch message {
		case "tick failed":
			failed.Add(1)
		case "ticks succeed again":
			again.Add(1)
		}
	}})
	require.NoError(t, err)
	t.Cleanup(o.Close)
	conn := mustConnect(t, url)
	o.Start()
	execute(t, conn, otherFace("2"))
	ticks := int64(0)
	require.Eventually(t, func() bool {
		if ticks == 0 && failed.Load() == 1 {
			ticks = o.Status().Ticks
		}
		return ticks > 0 && o.Status().Ticks >= ticks+3
	}, 20*time.Second, time.Millisecond)
	require.Contains(t, o.Status().LastError, "deploy the tasker-core that migrated it")
	execute(t, conn, otherFace("1"))
	require.Eventually(t, func() bool { return again.Load() == 1 }, 20*time.Second, time.Millisecond)
	require.EqualValues(t, 1, failed.Load())
}

// TestMigrateUnderLoad: everything is installed again and again while two orchestrators and two workers are at work, and
// none of them logs an error.
func TestMigrateUnderLoad(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	first, second, pool := open(t, url), open(t, url), openPool(t, url)
	names := registerConformance(t, first)
	work(t, 2, plainWorker{pool, "conformance", 30 * time.Second})
	first.Start()
	second.Start()
	conn := mustConnect(t, url)
	e := expected(t)
	const rounds, each = 10, 20
	for range rounds {
		for i := range each {
			createBySQL(t, pool, names[i%len(names)], e.Context)
		}
		execute(t, conn, `UPDATE tasker.installation SET digest = 'of another build'`)
		require.NoError(t, schema.Migrate(t.Context(), conn))
	}
	requireComplete(t, pool, rounds*each)
	requireAccepted(t, pool)
}

// TestLongMigrate: a migrate that takes longer than a tick may wait is named as the reason, and ticks go on after it.
func TestLongMigrate(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o := open(t, url)
	conn := mustConnect(t, url)
	execute(t, conn, `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('tasker.face', 0))`)
	_, err := o.Tick(t.Context())
	require.ErrorContains(t, err, "the schema is being migrated")
	execute(t, conn, `COMMIT`)
	_, err = o.Tick(t.Context())
	require.NoError(t, err)
}

func mustConnect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err)
}
