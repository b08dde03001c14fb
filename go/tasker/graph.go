package tasker

import (
	"slices"
	"strings"
)

// graph is the steps of a template by position, and which steps wait for each.
type graph struct {
	names    []string
	children [][]int
}

// checkGraph notes duplicate names, dependencies that do not exist, and cycles.
func (t Template) checkGraph(p *Problems) {
	places := t.places(p)
	g := graph{names: t.stepNames(), children: make([][]int, len(t.Steps))}
	unknown := 0
	for i, step := range t.Steps {
		for j, name := range step.DependsOn {
			parent, known := places[name]
			switch at := Pointer("steps", i, "depends_on", j); {
			case name == step.Name:
				p.Addf(at, "step %s depends on itself: remove it", quote(name))
			case !known:
				unknown++
				p.Addf(at, "step %s depends on unknown step %s%s", quote(step.Name), quote(name), g.suggest(name, unknown))
			default:
				g.children[parent] = append(g.children[parent], i)
			}
		}
	}
	for _, cycle := range g.cycles() {
		p.Addf(Pointer("steps", cycle[0]), "cycle: %s: remove one of these dependencies", g.draw(cycle))
	}
}

// suggest helps with the name of a step, as long as somebody will read it.
func (g graph) suggest(name string, count int) string {
	const otherwise = ": declare it or remove it"
	if count > mostFindings {
		return otherwise
	}
	return suggest(name, g.names, otherwise)
}

// places gives the position of each step by its name and notes names that occur twice.
func (t Template) places(p *Problems) map[string]int {
	places := map[string]int{}
	for i, step := range t.Steps {
		if _, taken := places[step.Name]; taken && step.Name != "" {
			p.Addf(Pointer("steps", i, "name"), "step %s is declared twice: give it another name", quote(step.Name))
			continue
		}
		places[step.Name] = i
	}
	return places
}

func (t Template) stepNames() []string {
	names := make([]string, len(t.Steps))
	for i, step := range t.Steps {
		names[i] = step.Name
	}
	return names
}

// cycles gives one cycle of every knot of steps that wait for each other: a shortest one through the step of the knot that
// is declared first, beginning there.
func (g graph) cycles() [][]int {
	var cycles [][]int
	for _, knot := range g.knots() {
		cycles = append(cycles, g.shortest(knot))
	}
	slices.SortFunc(cycles, func(a, b []int) int { return a[0] - b[0] })
	return cycles
}

// knots gives the strongly connected sets of two or more steps (Tarjan), each in the declared order.
func (g graph) knots() [][]int {
	var knots [][]int
	var stack []int
	order, low := make([]int, len(g.names)), make([]int, len(g.names)) // order 0: not seen; low -1: done
	count := 0
	var visit func(i int)
	visit = func(i int) {
		count++
		order[i], low[i] = count, count
		stack = append(stack, i)
		for _, j := range g.children[i] {
			if order[j] == 0 {
				visit(j)
			}
			if low[j] > 0 {
				low[i] = min(low[i], low[j])
			}
		}
		if low[i] == order[i] {
			top := slices.Index(stack, i)
			knot := slices.Sorted(slices.Values(stack[top:]))
			stack = stack[:top]
			for _, j := range knot {
				low[j] = -1
			}
			if len(knot) > 1 {
				knots = append(knots, knot)
			}
		}
	}
	for i := range g.names {
		if order[i] == 0 {
			visit(i)
		}
	}
	return knots
}

// shortest walks breadth first from the first step of a knot back to it; of equals, the one declared first.
func (g graph) shortest(knot []int) []int {
	start := knot[0]
	from := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, j := range g.children[i] {
			if j == start {
				return trace(from, start, i)
			}
			if _, seen := from[j]; !seen && slices.Contains(knot, j) {
				from[j] = i
				queue = append(queue, j)
			}
		}
	}
	return knot
}

func trace(from map[int]int, start, end int) []int {
	path := []int{end}
	for path[0] != start {
		path = append([]int{from[path[0]]}, path...)
	}
	return path
}

func (g graph) draw(cycle []int) string {
	names := make([]string, 0, len(cycle)+1)
	for _, i := range append(slices.Clone(cycle), cycle[0]) {
		names = append(names, g.names[i])
	}
	return strings.Join(names, " → ")
}
