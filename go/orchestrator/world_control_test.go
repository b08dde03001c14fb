package orchestrator_test

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// control makes the verb of an action of the operator ops. It is said of
//
//	task [N]                 the newest task, or task N
//	step NAME [JSON] [of N]  a step of it; resolve takes results
//	every {FILTER}           all tasks that a filter finds
//	namespace NAME, everything
//
// and may end in "because …". It prints the new state, or why it was refused.
func (w *world) control(action string) func(words, body []string) []string {
	return func(words, _ []string) []string {
		order, reason, _ := strings.Cut(strings.Join(words[1:], " "), "because ")
		order = strings.TrimSpace(order)
		switch words[0] {
		case "task":
			return w.answer(`SELECT tasker.`+action+`_task($1, 'ops', nullif($2, ''))`, w.task(strings.Fields(order)), reason)
		case "step":
			return w.controlStep(action, order, reason)
		case "every":
			return w.controlEvery(action, order, reason)
		case "namespace":
			return w.answer(`SELECT tasker.`+action+`_namespace($1, 'ops', nullif($2, ''))::text`, order, reason)
		default:
			return w.answer(`SELECT tasker.`+action+`_everything('ops', nullif($1, ''))::text`, reason)
		}
	}
}

func (w *world) controlStep(action, order, reason string) []string {
	name, rest, _ := strings.Cut(order, " ")
	results, of, _ := strings.Cut(" "+rest, " of ")
	task := w.task(strings.Fields(of))
	if action == "resolve" {
		return w.answer(`SELECT tasker.resolve_step($1, $2, nullif($3, '')::jsonb, 'ops', nullif($4, ''))`,
			task, name, strings.TrimSpace(results), reason)
	}
	return w.answer(`SELECT tasker.`+action+`_step($1, $2, 'ops', nullif($3, ''))`, task, name, reason)
}

func (w *world) controlEvery(action, filter, reason string) []string {
	rows, err := w.pool.Query(w.ctx, `SELECT task_id::text, state, refusal FROM tasker.control_tasks(
		$1, ARRAY(SELECT tasker.find_tasks($2::jsonb)), 'ops', nullif($3, ''))`, action, w.fill(filter), reason)
	require.NoError(w.t, err)
	var id, state string
	var refusal *string
	var printed []string
	_, err = pgx.ForEachRow(rows, []any{&id, &state, &refusal}, func() error {
		line := fmt.Sprintf("task %d: %s", w.number(id), state)
		if refusal != nil {
			line += ", " + w.unfill(*refusal)
		}
		printed = append(printed, line)
		return nil
	})
	if printed == nil {
		printed = []string{"none"}
	}
	return said(err, printed...)
}

// find {FILTER} prints the tasks that it finds.
func (w *world) find(words, _ []string) []string {
	rows, err := w.pool.Query(w.ctx, `SELECT tasker.find_tasks($1::jsonb)::text`, w.fill(strings.Join(words, " ")))
	require.NoError(w.t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	var printed []string
	for _, id := range ids {
		printed = append(printed, fmt.Sprint(w.number(id)))
	}
	if printed == nil {
		printed = []string{"none"}
	}
	return said(err, strings.Join(printed, " "))
}

// pauses prints what was paused and resumed, by whom and why.
func (w *world) showPauses(_, _ []string) []string {
	var lines []string
	for _, line := range w.lines(`SELECT concat_ws(' ', CASE WHEN p.paused THEN 'pause' ELSE 'resume' END,
			coalesce('namespace ' || n.name, 'task ' || task_id, 'everything'), 'by', actor, '(' || reason || ')')
		FROM tasker.pauses p LEFT JOIN tasker.namespaces n USING (namespace_id) ORDER BY pause_id`) {
		lines = append(lines, w.unfill(line))
	}
	return lines
}

// answer prints the one text that a statement gives, or why it was refused.
func (w *world) answer(sql string, arguments ...any) []string {
	var state string
	err := w.pool.QueryRow(w.ctx, sql, arguments...).Scan(&state)
	return []string{w.unfill(said(err, state)[0])}
}

// unfill writes a task's number where its id stands.
func (w *world) unfill(text string) string {
	for i, id := range w.tasks {
		text = strings.ReplaceAll(text, id, fmt.Sprint(i+1))
	}
	return text
}
