package faulttest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// patience is how long anything may take on a busy machine; nothing ever waits that long when all is well.
const patience = 60 * time.Second

// world is a database of the test's own, with the template "job" in the namespace "demo".
type world struct {
	t    testing.TB
	url  string
	pool *pgxpool.Pool
}

// newWorld makes a database and registers the template: steps, one a line or separated by semicolons, "name: parent parent".
func newWorld(t testing.TB, steps string) *world {
	t.Helper()
	w := &world{t: t, url: dbtest.URL(t)}
	w.pool = openPool(t, w.url, 8)
	w.register("demo", "job", steps)
	return w
}

func openPool(t testing.TB, url string, size int32) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.MaxConns = size
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func (w *world) register(namespace, name, steps string) {
	w.t.Helper()
	registerTemplate(w.t, w.pool, template(namespace, name, steps))
}

func template(namespace, name, steps string) tasker.Template {
	t := tasker.Template{Namespace: namespace, Name: name, Version: "1.0.0"}
	for _, line := range strings.FieldsFunc(steps, func(r rune) bool { return r == ';' || r == '\n' }) {
		step, parents, _ := strings.Cut(line, ":")
		t.Steps = append(t.Steps, tasker.Step{Name: strings.TrimSpace(step), HandlerClass: "Handler",
			DependsOn: strings.Fields(parents), MaxAttempts: 3, Retryable: true, Skippable: true,
			Backoff: tasker.Backoff{Strategy: "fixed", BaseSeconds: 0, MaxSeconds: 300}})
	}
	return t
}

func registerTemplate(t testing.TB, pool *pgxpool.Pool, template tasker.Template) {
	t.Helper()
	normal, err := template.Encode()
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `SELECT tasker.register_template($1::jsonb)`, string(normal))
	require.NoError(t, err)
}

// orchestrator opens one that ticks when told to, directly or through a proxy.
func (w *world) orchestrator(through ...*proxy) *orchestrator.Orchestrator {
	w.t.Helper()
	url := w.url
	for _, p := range through {
		url = p.url()
	}
	o, err := orchestrator.Open(context.Background(), orchestrator.Config{DatabaseURL: url, Actor: "orchestrator"})
	require.NoError(w.t, err)
	w.t.Cleanup(o.Close)
	return o
}

func (w *world) tick(o *orchestrator.Orchestrator) orchestrator.Report {
	w.t.Helper()
	report, err := o.Tick(w.t.Context())
	require.NoError(w.t, err)
	return report
}

func (w *world) exec(sql string, arguments ...any) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), sql, arguments...)
	require.NoError(w.t, err, sql)
}

// number and text give the one value of a query.
func (w *world) number(sql string, arguments ...any) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), sql, arguments...).Scan(&n), sql)
	return n
}

func (w *world) text(sql string, arguments ...any) (s string) {
	w.t.Helper()
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), sql, arguments...).Scan(&s), sql)
	return s
}

// create makes a task of the template "job"; further are fields of its request.
func (w *world) create(further ...any) (taskID string) {
	w.t.Helper()
	return w.text(`SELECT task_id::text FROM tasker.create_task($1::jsonb)`, request("job", further...))
}

// request is a request for a task of the namespace "demo"; further are names and values of more fields.
func request(name string, further ...any) map[string]any {
	r := map[string]any{"namespace": "demo", "name": name, "context": map[string]any{}}
	for i := 0; i < len(further); i += 2 {
		r[further[i].(string)] = further[i+1] //nolint:errcheck // the tests' own words
	}
	return r
}

const answer = `SELECT pgmq.send('orchestration_step_results', jsonb_build_object('protocol', 1, 'step_id', step_id,
	'task_id', task_id, 'attempt', attempt, 'status', 'success', 'results', name))
	FROM tasker.steps WHERE task_id = $1::text::uuid AND name = ANY ($2) ORDER BY step_id`

// answer sends a success for some steps of a task, as their current attempts.
func (w *world) answer(taskID string, steps ...string) {
	w.t.Helper()
	w.exec(answer, taskID, steps)
}

func (w *world) stepID(taskID, step string) int64 {
	w.t.Helper()
	return int64(w.number(`SELECT step_id FROM tasker.steps WHERE task_id = $1::text::uuid AND name = $2`, taskID, step))
}

func (w *world) taskState(taskID string) string {
	w.t.Helper()
	return w.text(`SELECT state FROM tasker.tasks WHERE task_id = $1::text::uuid`, taskID)
}

func (w *world) stepState(taskID, step string) string {
	w.t.Helper()
	return w.text(`SELECT state FROM tasker.steps WHERE task_id = $1::text::uuid AND name = $2`, taskID, step)
}

// eventually waits for a condition.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	eventually(w.t, what, patience, so)
}

func eventually(t testing.TB, what string, within time.Duration, so func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !so(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not come within %s", what, within)
		}
		look(t.Context())
	}
}

// look is the pause between two looks at a condition.
func look(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(3 * time.Millisecond):
	}
}

// settle ticks until no result is left on its queue.
func (w *world) settle(o *orchestrator.Orchestrator) {
	w.t.Helper()
	w.eventually("the last result", func() bool {
		w.tick(o)
		return w.number(`SELECT count(*) FROM pgmq.q_orchestration_step_results`) == 0
	})
}

// rewriting replaces some words of a function.
type rewriting struct{ function, words, by string }

// rewrite puts a changed copy of a function in its place. The words must be there, once.
func (w *world) rewrite(changes ...rewriting) {
	w.t.Helper()
	for _, c := range changes {
		definition := w.text(`SELECT pg_get_functiondef(oid) FROM pg_proc
			WHERE pronamespace::regnamespace::text || '.' || proname = $1`, c.function)
		require.Equal(w.t, 1, strings.Count(definition, c.words), "%s has %q", c.function, c.words)
		_, err := w.pool.Exec(w.t.Context(), strings.Replace(definition, c.words, c.by, 1), pgx.QueryExecModeSimpleProtocol)
		require.NoError(w.t, err, c.function)
	}
}

// gate makes a function wait, once it has come to some words, for as long as a session holds the gate.
func gate(function, words string) rewriting {
	return rewriting{function, words, fmt.Sprintf("PERFORM pg_advisory_xact_lock_shared(%d); %s", gateKey, words)}
}

const gateKey = 4711

const (
	closeGate = `SELECT pg_advisory_lock(4711)`
	openGate  = `SELECT pg_advisory_unlock(4711)`
)

// rule is what an interleaving tests: how it is taken out, in SQL and in what the orchestrator says.
type rule struct {
	sql  []rewriting
	said []rewording
}

// interleaving plays one order of statements as the rule is, when play must find no fault, and with the rule taken out,
// when it must find one: play gives the fault in words.
func interleaving(t *testing.T, steps string, taken rule, play func(w *world, said []rewording) (fault string)) {
	t.Helper()
	t.Parallel()
	t.Run("with the rule", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, steps)
		require.Empty(t, play(w, nil))
	})
	t.Run("without it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, steps)
		w.rewrite(taken.sql...)
		fault := play(w, taken.said)
		require.NotEmpty(t, fault, "nothing went wrong without the rule, so this test does not test it")
		t.Log(fault)
	})
}
