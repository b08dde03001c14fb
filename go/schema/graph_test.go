package schema_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// graph is a template's steps: for each one the indexes of those it waits for.
type graph [][]int

// mustCreate registers a template with this graph and makes a task of it. Step i is called s<i>.
func mustCreate(t *testing.T, conn *pgx.Conn, name string, g graph) (task string) {
	t.Helper()
	type step map[string]any
	steps := []step{}
	for i, parents := range g {
		waits := []string{}
		for _, p := range parents {
			waits = append(waits, fmt.Sprintf("s%d", p))
		}
		steps = append(steps, step{"name": fmt.Sprintf("s%d", i), "handler_class": "H", "depends_on": waits, "config": step{},
			"max_attempts": 3, "retryable": true, "skippable": false,
			"backoff": step{"strategy": "fixed", "base_seconds": 1, "max_seconds": 300, "jitter": 0}})
	}
	mustQuery[bool](t, conn, "SELECT created FROM tasker.register_template($1)",
		step{"namespace": "demo", "name": name, "version": "1.0.0", "steps": steps})
	return mustQuery[string](t, conn, "SELECT task_id FROM tasker.create_task($1)", step{"namespace": "demo", "name": name})
}

func chain(n int) graph {
	g := make(graph, n)
	for i := 1; i < n; i++ {
		g[i] = []int{i - 1}
	}
	return g
}

// diamonds chains n of them: 2 to the power of n paths lead through.
func diamonds(n int) graph {
	g := graph{nil}
	for range n {
		top := len(g) - 1
		g = append(g, []int{top}, []int{top}, []int{top + 1, top + 2})
	}
	return g
}

// fan is one step, many that wait for it, and one that waits for all of those.
func fan(n int) graph {
	g := make(graph, n)
	for i := 1; i < n-1; i++ {
		g[i] = []int{0}
		g[n-1] = append(g[n-1], i)
	}
	return g
}

// dense lets every step wait for every earlier one.
func dense(n int) graph {
	g := make(graph, n)
	for i := range g {
		for p := range i {
			g[i] = append(g[i], p)
		}
	}
	return g
}

// wild is a random graph whose steps stand in any order in the template.
func wild(random *rand.Rand) graph {
	n := 1 + random.IntN(25)
	order := random.Perm(n)
	g := make(graph, n)
	for i := range n {
		for p := range i {
			if random.IntN(4) == 0 {
				g[order[i]] = append(g[order[i]], order[p])
			}
		}
	}
	return g
}

// depth says the rule again, from the end to the beginning: one more than the depth of the parent that choose prefers.
func (g graph) depth(step int, choose func(a, b int) int, known map[int]int) int {
	if d, ok := known[step]; ok {
		return d
	}
	d := -1
	for _, p := range g[step] {
		if of := g.depth(p, choose, known); d < 0 {
			d = of
		} else {
			d = choose(d, of)
		}
	}
	known[step] = d + 1
	return d + 1
}

func (g graph) children(step int) (of []int) {
	for child, parents := range g {
		if slices.Contains(parents, step) {
			of = append(of, child)
		}
	}
	return of
}

// relations is what the graph looks like in SQL.
type relations struct {
	Step, Level, Depth, Parents, Children int
	Root, Leaf                            bool
}

const relationsSQL = `
	SELECT d.named_step_id, l.dependency_level, d.min_depth_from_root, d.parent_count, d.child_count, d.is_root_step, d.is_leaf_step
	  FROM tasker.step_dag_relationships d JOIN tasker.calculate_dependency_levels($1) l USING (workflow_step_id)
	 WHERE d.task_id = $1 AND d.parent_count = jsonb_array_length(d.parent_step_ids)
	   AND d.child_count = jsonb_array_length(d.child_step_ids) ORDER BY d.named_step_id`

// TestGraphs compares levels and the view of the graph with a naive look at it. Whoever walks paths is not back before
// the timeout: the dense one has two to the power of 298.
func TestGraphs(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	dbtest.Execute(t, conn, "SET statement_timeout = '1min'")
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // for a test
	graphs := []graph{{}, {nil}, chain(1000), diamonds(40), fan(1000), dense(300)}
	for range 30 {
		graphs = append(graphs, wild(random))
	}
	for n, g := range graphs {
		task := mustCreate(t, conn, fmt.Sprintf("graph%d", n), g)
		longest, shortest := map[int]int{}, map[int]int{}
		want := []relations{}
		for i, parents := range g {
			children := g.children(i)
			want = append(want, relations{i, g.depth(i, func(a, b int) int { return max(a, b) }, longest),
				g.depth(i, func(a, b int) int { return min(a, b) }, shortest), len(parents), len(children), len(parents) == 0, len(children) == 0})
		}
		rows, err := conn.Query(t.Context(), relationsSQL, task)
		require.NoError(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[relations])
		require.NoError(t, err)
		require.Equal(t, want, got, "seed %d, graph %d", seed, n)
	}
}

// TestParentsAndChildrenAreOrdered: the ids of the view are those of the edges, the least first.
func TestParentsAndChildrenAreOrdered(t *testing.T) {
	t.Parallel()
	conn := dbtest.Connect(t, dbtest.URL(t))
	task := mustCreate(t, conn, "fan", fan(5))
	least := mustQuery[int64](t, conn, `SELECT min(step_id) FROM tasker.steps WHERE task_id = $1`, task)
	want := fmt.Sprintf("[] [%d, %d, %d]; [%d] [%d]; [%d] [%d]; [%d] [%d]; [%d, %d, %d] []", least+1, least+2, least+3,
		least, least+4, least, least+4, least, least+4, least+1, least+2, least+3)
	require.Equal(t, want, mustQuery[string](t, conn, `SELECT string_agg(parent_step_ids::text || ' ' || child_step_ids::text, '; '
		ORDER BY workflow_step_id) FROM tasker.step_dag_relationships WHERE task_id = $1`, task))
}
