package orchestrator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// TestTemplateOfAnEarlierBuild: a normal form in the database that has no identity yet means the default one. It is
// not other content than the same template with it, tasks can be made of it, and it can be read back.
func TestTemplateOfAnEarlierBuild(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	o, pool := open(t, url), openPool(t, url)
	single(t, o, "order", tasker.Identity{})
	var definition []byte
	require.NoError(t, pool.QueryRow(t.Context(), `UPDATE tasker.templates SET definition = definition - 'identity' RETURNING definition`).Scan(&definition))
	require.NotContains(t, string(definition), "identity")
	template, err := tasker.DecodeTemplate(definition)
	require.NoError(t, err)
	require.Equal(t, tasker.DefaultIdentity, template.Identity)

	again, err := o.RegisterTemplate(t.Context(), template)
	require.NoError(t, err)
	require.False(t, again.Created)
	for range 2 {
		created, err := o.CreateTask(t.Context(), tasker.Request{Namespace: "demo", Name: "order"})
		require.NoError(t, err)
		require.True(t, created.Created)
	}

	template.Identity.Strategy = tasker.IdentityStrict
	_, err = o.RegisterTemplate(t.Context(), template)
	require.ErrorContains(t, err, "\n  /identity/strategy: \"always_unique\" is registered, \"strict\" was given")
}

// TestDifferenceIsBounded: a template that shares nothing with the registered one is told in twenty lines, long values
// in part. Pointers are escaped.
func TestDifferenceIsBounded(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	side := func(from, to int) string {
		var steps []string
		for i := from; i < to; i++ {
			steps = append(steps, fmt.Sprintf(`{"name": "s%02d"}`, i))
		}
		return `{"schema": {"a/b~c": ` + fmt.Sprint(from) + `}, "description": "` + strings.Repeat("x", from*500) + `", "steps": [` + strings.Join(steps, ",") + `]}`
	}
	rows, err := pool.Query(t.Context(), `SELECT tasker.template_difference($1, $2)`, side(0, 20), side(20, 40))
	require.NoError(t, err)
	var lines []string
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		require.Less(t, len(line), 250)
		lines = append(lines, line)
	}
	require.NoError(t, rows.Err())
	require.Len(t, lines, 21)
	require.Contains(t, lines[0], `/description: "" is registered, "xxx`)
	require.Equal(t, "/schema/a~1b~0c: 0 is registered, 20 was given", lines[1])
	require.Equal(t, "/steps/s00: the step is registered and was not given", lines[2])
	require.Equal(t, "and 22 more", lines[20])
}

// TestWallOfIdentity: plain SQL cannot register an identity that means nothing.
func TestWallOfIdentity(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for _, identity := range []string{`null`, `"strict"`, `[]`, `{}`, `{"strategy": "strict"}`, `{"strategy": "Strict", "scope": "open"}`,
		`{"strategy": "strict", "scope": null}`, `{"strategy": ["strict"], "scope": "open"}`} {
		_, err := pool.Exec(t.Context(), `SELECT tasker.register_template(jsonb_build_object('namespace', 'demo', 'name', 'x', 'version', '1.0.0',
			'steps', '[]'::jsonb, 'identity', $1::jsonb))`, identity)
		require.ErrorContains(t, err, "needs a strategy", identity)
		require.ErrorContains(t, err, "TK400", identity)
	}
}
