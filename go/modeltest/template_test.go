package modeltest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// Times in a history are multiples of a quantum, so that the time a history takes for itself changes nothing.
const (
	quantum        = 500
	longestBackoff = 8 * quantum
)

// template is a random DAG.
type template struct {
	namespace     *namespace
	name          string
	recipes       []recipe
	keysWhileOpen bool // a request's key is free again when its task has come to rest
}

// recipe is what a template says about one step.
type recipe struct {
	name                 string
	position             int
	waitsFor             []int // positions
	maxAttempts          int
	retryable, skippable bool
	backoff              string
	base                 int
}

// sizes are how many steps a template has: mostly a few.
func sizes() *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		switch percent := rapid.IntRange(1, 100).Draw(t, "percent"); {
		case percent > 97:
			return rapid.IntRange(25, 60).Draw(t, "many")
		case percent > 88:
			return rapid.IntRange(14, 24).Draw(t, "some")
		case percent > 85:
			return 0
		default:
			return rapid.IntRange(1, 13).Draw(t, "few")
		}
	})
}

// templates draws a template of a namespace. Half of them name children before parents: order must not matter.
func templates(n *namespace, name string) *rapid.Generator[*template] {
	return rapid.Custom(func(t *rapid.T) *template {
		made := &template{namespace: n, name: name, keysWhileOpen: rapid.Bool().Draw(t, "keys while open")}
		size := sizes().Draw(t, "size")
		backwards := rapid.Bool().Draw(t, "backwards")
		for i := range size {
			made.recipes = append(made.recipes, recipes(i).Draw(t, "step"))
		}
		if backwards {
			slices.Reverse(made.recipes)
			for i := range made.recipes {
				for j, p := range made.recipes[i].waitsFor {
					made.recipes[i].waitsFor[j] = size - 1 - p
				}
			}
		}
		for i := range made.recipes {
			made.recipes[i].position = i
		}
		return made
	})
}

// recipes draws the step at a position; it may wait for any before it, mostly for near ones.
func recipes(i int) *rapid.Generator[recipe] {
	return rapid.Custom(func(t *rapid.T) recipe {
		r := recipe{name: fmt.Sprintf("s%d", i+1), retryable: rapid.IntRange(0, 5).Draw(t, "retryable") < 5,
			skippable: rapid.IntRange(0, 3).Draw(t, "skippable") == 3, maxAttempts: rapid.IntRange(0, 4).Draw(t, "max_attempts"),
			backoff: rapid.SampledFrom([]string{"fixed", "linear", "exponential"}).Draw(t, "backoff"),
			base:    quantum * rapid.SampledFrom([]int{0, 0, 1, 4}).Draw(t, "base")}
		if i > 0 {
			for range rapid.IntRange(0, min(i, 3)).Draw(t, "parents") {
				if p := i - 1 - rapid.IntRange(0, i-1).Draw(t, "back"); !slices.Contains(r.waitsFor, p) {
					r.waitsFor = append(r.waitsFor, p)
				}
			}
		}
		return r
	})
}

// GoString is how a failing history shows a namespace.
func (n *namespace) GoString() string { return n.name }

// GoString is how a failing history shows a template: the names of steps, and what each waits for.
func (t *template) GoString() string {
	var lines []string
	for _, r := range t.recipes {
		line := fmt.Sprintf("%s: %s, max_attempts=%d retryable=%t skippable=%t backoff=%s:%d", r.name,
			strings.Join(t.names(r.waitsFor), " "), r.maxAttempts, r.retryable, r.skippable, r.backoff, r.base)
		lines = append(lines, line)
	}
	return fmt.Sprintf("template %s/%s, keys while open %t\n    %s", t.namespace.name, t.name, t.keysWhileOpen, strings.Join(lines, "\n    "))
}

func (t *template) names(positions []int) (names []string) {
	for _, p := range positions {
		names = append(names, t.recipes[p].name)
	}
	return names
}

// newTask makes a task of a request, with its steps and their edges.
func (t *template) newTask(r *request, now int) *task {
	made := &task{tag: r.tag, template: t, namespace: t.namespace, rank: r.priority - max(r.start-now, 0)/10, key: r.key, state: "pending"}
	for _, recipe := range t.recipes {
		made.steps = append(made.steps, &step{recipe: recipe, task: made, state: "pending"})
	}
	for _, s := range made.steps {
		for _, p := range s.waitsFor {
			s.parents = append(s.parents, made.steps[p])
			made.steps[p].children = append(made.steps[p].children, s)
		}
	}
	return made
}

// recipe as the product takes it.
func (t *template) register() tasker.Template {
	made := tasker.Template{Namespace: t.namespace.name, Name: t.name, Version: "1.0.0"}
	if t.keysWhileOpen {
		made.Identity.Scope = tasker.ScopeOpen
	}
	for _, r := range t.recipes {
		made.Steps = append(made.Steps, tasker.Step{Name: r.name, HandlerClass: "Handler", DependsOn: t.names(r.waitsFor),
			MaxAttempts: r.maxAttempts, Retryable: r.retryable, Skippable: r.skippable,
			Backoff: tasker.Backoff{Strategy: r.backoff, BaseSeconds: float64(r.base), MaxSeconds: longestBackoff}})
	}
	return made
}
