package dbtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

func mustCount(t *testing.T, pool *pgxpool.Pool) (count int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM pgmq.meta").Scan(&count))
	return count
}

func TestNewIsMigratedAndAlone(t *testing.T) {
	t.Parallel()
	one, other := dbtest.New(t), dbtest.New(t)
	require.NoError(t, schema.Check(t.Context(), one))
	before := mustCount(t, other)
	_, err := one.Exec(t.Context(), "SELECT pgmq.create('mine')")
	require.NoError(t, err)
	require.Equal(t, before+1, mustCount(t, one))
	require.Equal(t, before, mustCount(t, other))
}

func TestEmptyIsNotMigrated(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, schema.Check(t.Context(), dbtest.Connect(t, dbtest.Empty(t))), schema.ErrAbsent)
}

// A connection that a test forgot must not keep its database from being dropped.
func TestDropsADatabaseInUse(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("forgetful", func(t *testing.T) {
		url = dbtest.URL(t)
		_, err := pgx.Connect(context.Background(), url)
		require.NoError(t, err)
	})
	_, err := pgx.Connect(t.Context(), url)
	require.ErrorContains(t, err, "does not exist")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	for range 8 {
		t.Run("one of many", func(t *testing.T) {
			t.Parallel()
			require.NoError(t, schema.Check(t.Context(), dbtest.New(t)))
		})
	}
}
