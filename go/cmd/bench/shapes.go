package main

import (
	"fmt"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// namespace is where the shapes are, unless a figure says otherwise.
const namespace = "bench"

// shape is a kind of workflow.
type shape struct {
	name   string
	steps  [][]int // which steps each step waits for
	levels int     // steps on the longest way
}

var (
	single   = shape{"single", [][]int{{}}, 1}
	linear4  = shape{"linear4", chain(4), 4}
	diamond  = shape{"diamond", [][]int{{}, {0}, {0}, {1, 2}}, 3}
	tree8    = shape{"tree8", [][]int{{}, {0}, {0}, {1}, {1}, {2}, {2}, {3, 4, 5, 6}}, 4}
	mixed7   = shape{"mixed7", [][]int{{}, {0}, {0}, {1, 2}, {1}, {2}, {3, 4, 5}}, 4}
	wide500  = shape{"wide500", fan(500), 3}
	flat500  = shape{"flat500", make([][]int, 500), 1}
	chain100 = shape{"chain100", chain(100), 100}
	steps1k  = shape{"steps1000", fan(998), 3}
	diamonds = shape{"diamonds40", diamondsInARow(40), 81}

	shapes = []shape{single, linear4, diamond, tree8, mixed7, wide500, flat500, chain100, steps1k, diamonds}
)

func chain(n int) [][]int {
	steps := [][]int{{}}
	for i := range n - 1 {
		steps = append(steps, []int{i})
	}
	return steps
}

// fan is one step before and one behind so many that do not wait for each other.
func fan(width int) [][]int {
	steps, all := [][]int{{}}, []int{}
	for i := range width {
		steps, all = append(steps, []int{0}), append(all, i+1)
	}
	return append(steps, all)
}

// diamondsInARow lets the end of each diamond be the beginning of the next.
func diamondsInARow(n int) [][]int {
	steps := [][]int{{}}
	for i := range n {
		top := 3 * i
		steps = append(steps, []int{top}, []int{top}, []int{top + 1, top + 2})
	}
	return steps
}

func (s shape) template(namespace string) tasker.Template {
	backoff := tasker.Backoff{Strategy: tasker.BackoffExponential, BaseSeconds: 1, MaxSeconds: 30}
	t := tasker.Template{Namespace: namespace, Name: s.name, Version: "1.0.0"}
	for i, parents := range s.steps {
		step := tasker.Step{Name: stepName(i), HandlerClass: "Square", MaxAttempts: 3, Retryable: true, Backoff: backoff}
		for _, parent := range parents {
			step.DependsOn = append(step.DependsOn, stepName(parent))
		}
		t.Steps = append(t.Steps, step)
	}
	return t
}

func stepName(i int) string { return fmt.Sprintf("step_%d", i) }

// tasks gives how many tasks make about so many steps, and enough that batches of this size are full all the time.
func (s shape) tasks(steps, batch int) int {
	return max(steps/len(s.steps), batch*s.levels/len(s.steps), 1)
}
