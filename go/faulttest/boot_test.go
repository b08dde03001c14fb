package faulttest

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/schema"
)

func migrateAsChild(url string) error {
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the process ends
	fmt.Println("up")
	_, _ = io.Copy(io.Discard, os.Stdin) // until we are released
	return schema.Migrate(context.Background(), conn)
}

// TestTwentyProcessesBoot: twenty processes migrate an empty database at once, as on a deploy. All succeed, and there is
// one schema.
func TestTwentyProcessesBoot(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	var all sync.WaitGroup
	failures := make(chan error, 20)
	children := make([]*child, cap(failures))
	for i := range children {
		children[i] = startChild(t, "migrate", url)
	}
	for _, c := range children {
		c.release()
		all.Go(func() { failures <- c.Wait() })
	}
	all.Wait()
	for range cap(failures) {
		require.NoError(t, <-failures)
	}
	w := &world{t: t, url: url, pool: openPool(t, url, 8)}
	require.NoError(t, schema.Check(t.Context(), w.pool))
	w.register("demo", "job", "a")
	task := w.create()
	w.answer(task, "a")
	w.settle(w.orchestrator())
	require.Equal(t, "complete", w.taskState(task))
	require.Zero(t, w.deadlocks())
}

// TestTwentyCallersRegister: the same for templates: twenty processes register the same ones, in a namespace that nobody
// knew before.
func TestTwentyCallersRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "a")
	var all sync.WaitGroup
	failures := make(chan error, 20)
	normal, err := template("boot", "job", "a; b: a").Encode()
	require.NoError(t, err)
	sessions := make([]*session, cap(failures))
	for i := range sessions {
		sessions[i] = w.session(fmt.Sprint("process ", i))
	}
	for _, s := range sessions {
		all.Go(func() { failures <- s.try(`SELECT tasker.register_template($1::jsonb)`, string(normal)) })
	}
	all.Wait()
	for range sessions {
		require.NoError(t, <-failures)
	}
	require.Equal(t, 1, w.number(`SELECT count(*) FROM tasker.templates JOIN tasker.namespaces n USING (namespace_id) WHERE n.name = 'boot'`))
	require.Equal(t, 1, w.number(`SELECT count(*) FROM pgmq.meta WHERE queue_name = 'boot_queue'`))
}
