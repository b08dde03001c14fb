package orchestrator_test

import (
	"fmt"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// register NAME VERSION [STRATEGY [SCOPE]] is template for other versions and identities.
func (w *world) register(words, body []string) []string {
	t := tasker.Template{Namespace: "demo", Name: words[0], Version: words[1]}
	if len(words) > 2 {
		t.Identity.Strategy = words[2]
	}
	if len(words) > 3 {
		t.Identity.Scope = words[3]
	}
	for _, line := range body {
		t.Steps = append(t.Steps, step(line))
	}
	r, err := w.o.RegisterTemplate(w.ctx, t)
	return said(err, fmt.Sprintf("registered %t", r.Created))
}

// version prints which version of its template the newest task, or task N, runs.
func (w *world) showVersion(words, _ []string) []string {
	return w.lines(`SELECT version FROM tasker.templates JOIN tasker.tasks USING (template_id) WHERE task_id = $1`, w.task(words))
}

// keys prints the keys of all tasks, and whether they are held; of a hash only its beginning.
func (w *world) showKeys(_, _ []string) (printed []string) {
	for i, id := range w.tasks {
		printed = append(printed, w.lines(`SELECT concat_ws(' ', 'task', $2::text, coalesce(left(idempotency_key, 20), 'no key'),
			CASE WHEN idempotency_key IS NOT NULL THEN CASE WHEN key_held THEN 'held' ELSE 'free' END END)
			FROM tasker.tasks WHERE task_id = $1`, id, fmt.Sprint(i+1))...)
	}
	return printed
}
