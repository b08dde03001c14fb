package orchestrator_test

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// explain prints why each step of the newest task, or of task N, is not running; why STEP is not, if one is named.
func (w *world) explain(words, _ []string) []string {
	if len(words) > 0 && !regexp.MustCompile(`^\d+$`).MatchString(words[0]) {
		return w.told(`SELECT e.name || ': ' || e.code || ': ' || e.explanation FROM tasker.explain_step(
			(SELECT step_id FROM tasker.steps WHERE task_id = $1 AND name = $2)) e`, w.task(nil), words[0])
	}
	return w.told(`SELECT name || ': ' || code || ': ' || explanation FROM tasker.explain_task($1)`, w.task(words))
}

// stale prints what has waited for longer than SECONDS, or been paused for longer than that; stale work prints the view.
func (w *world) stale(words, _ []string) []string {
	from := "tasker.stale_work"
	if words[0] != "work" {
		from = fmt.Sprintf("tasker.stale_since('%s s', '%s s')", words[0], words[0])
	}
	return w.told(`SELECT concat_ws(' ', kind, namespace, '$task' || nullif(array_position($1::uuid[], task_id), 0), name,
		'for ' || round(extract(epoch FROM age) / 60) || 'min:', explanation) FROM `+from+` ORDER BY kind, step_id, name`, w.tasks)
}

// ready prints the tasks that wait to be handed out, in order.
func (w *world) showReady(_, _ []string) []string {
	return w.told(`SELECT concat_ws(' ', 'task', array_position($1::uuid[], task_id), namespace_name || '/' || task_name, version,
		'priority', priority, 'gained', 10 * round((computed_priority - priority) / 10), 'age', round(age_hours, 1) || 'h', ready_steps_count || ' ready of ' || total_steps,
		completed_steps || ' done', pending_steps || ' pending', failed_steps || ' failed', in_progress_steps || ' out',
		CASE WHEN paused THEN 'paused' END) FROM tasker.ready_tasks`, w.tasks)
}

// readiness prints the readiness of the steps of the newest task.
func (w *world) readiness(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', name || ':', current_state, completed_parents || '/' || total_parents, 'attempts',
		attempts || '/' || retry_limit, CASE WHEN dependencies_satisfied THEN 'satisfied' END, CASE WHEN retry_eligible THEN 'eligible' END,
		CASE WHEN ready_for_execution THEN 'ready' END, 'backoff ' || backoff_request_seconds)
		FROM tasker.get_step_readiness_status($1)`, w.task(words))
}

// context prints where the newest task, or task N, stands.
func (w *world) showContext(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', status, execution_status, recommended_action, completion_percentage || '%', health_status || ':',
		total_steps, 'steps,', pending_steps, 'pending,', in_progress_steps, 'in progress,', completed_steps, 'completed,',
		failed_steps, 'failed,', ready_steps, 'ready') FROM tasker.get_task_execution_context($1)`, w.task(words))
}

// graph prints the graph of the newest task: parents, children, shortest and longest way from the beginning.
func (w *world) graph(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', s.name || ':', parent_count || ' parents', child_count || ' children', 'depth',
		coalesce(min_depth_from_root::text, 'none'), 'level', dependency_level, CASE WHEN is_root_step THEN 'root' END,
		CASE WHEN is_leaf_step THEN 'leaf' END)
		FROM tasker.step_dag_relationships d JOIN tasker.steps s ON s.step_id = d.workflow_step_id
		JOIN tasker.calculate_dependency_levels($1) l USING (workflow_step_id) WHERE d.task_id = $1 ORDER BY s.position`, w.task(words))
}

// health prints the counts that are not zero, without those of connections.
func (w *world) health(_, _ []string) []string {
	return w.lines(`SELECT string_agg(key || ' ' || value, ', ' ORDER BY n) FROM tasker.get_system_health_counts() h
		CROSS JOIN LATERAL json_each_text(row_to_json(h)) WITH ORDINALITY AS e (key, value, n)
		WHERE value <> '0' AND key NOT LIKE '%connections'`)
}

// call FUNCTION(…) runs one of tasker's functions and prints what it gives.
func (w *world) call(words, _ []string) []string {
	rows, err := w.pool.Query(w.ctx, "SELECT coalesce(to_json(f) #>> '{}', 'null') FROM tasker."+w.fill(strings.Join(words, " "))+" f")
	require.NoError(w.t, err)
	printed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for i, line := range printed {
		printed[i] = w.anonymous(line)
	}
	return said(err, printed...)
}

// age N makes everything N minutes older than it is.
func (w *world) age(words, _ []string) []string {
	columns := w.lines(`SELECT format('UPDATE %s SET %s', attrelid::regclass,
			string_agg(format('%1$I = %1$I - make_interval(mins => $1)', attname), ', '))
		FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
		WHERE atttypid = 'timestamptz'::regtype AND attnum > 0 AND relkind = 'r'
		  AND (relnamespace = 'tasker'::regnamespace AND relname NOT IN ('installation', 'migrations') OR relnamespace = 'pgmq'::regnamespace
		       AND relname ~ '^[qa]_')
		GROUP BY attrelid`)
	for _, update := range columns {
		_, err := w.pool.Exec(w.ctx, update, number(words[0]))
		require.NoError(w.t, err)
	}
	_, err := w.pool.Exec(w.ctx, `UPDATE tasker.steps s SET rank = tasker.dispatch_rank(t.priority, t.created_at)
		FROM tasker.tasks t WHERE t.task_id = s.task_id`)
	require.NoError(w.t, err)
	return nil
}

// told gives lines without what differs from run to run.
func (w *world) told(sql string, arguments ...any) []string {
	lines := w.lines(sql, arguments...)
	for i, line := range lines {
		lines[i] = w.anonymous(line)
	}
	return lines
}

var moment = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`)

// anonymous puts $task1 for the id of task 1, and <time> for times.
func (w *world) anonymous(text string) string {
	for i, id := range w.tasks {
		text = strings.ReplaceAll(text, id, fmt.Sprintf("$task%d", i+1))
	}
	return moment.ReplaceAllString(text, "<time>")
}
