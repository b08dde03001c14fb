package orchestrator_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// in gives the moment that lies so many seconds ahead on the database's clock.
func (w *world) in(seconds int) string {
	var at time.Time
	require.NoError(w.t, w.pool.QueryRow(w.ctx, `SELECT clock_timestamp() + make_interval(secs => $1)`, seconds).Scan(&at))
	return at.UTC().Format(time.RFC3339Nano)
}

var ahead = regexp.MustCompile(`\$in-?\d+`)

// moments puts the moment 30 seconds ahead for $in30.
func (w *world) moments(text string) string {
	return ahead.ReplaceAllStringFunc(text, func(word string) string { return w.in(number(strings.TrimPrefix(word, "$in"))) })
}

// tell puts an event into a result: NAME, or NAME:{PAYLOAD}.
func tell(result map[string]any, event string) {
	name, payload, given := strings.Cut(event, ":")
	told := map[string]any{"name": name}
	if given {
		told["payload"] = json.RawMessage(payload)
	}
	events, _ := advice(result)["events"].([]any)
	advice(result)["events"] = append(events, told)
}

// events prints what the steps of the newest task, or of task N, told of.
func (w *world) events(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', s.name, 'attempt', e.attempt, e.name, e.payload)
		FROM tasker.events e JOIN tasker.steps s USING (step_id) WHERE e.task_id = $1 ORDER BY event_id`, w.task(words))
}

// checkpoints prints what is kept of the steps of the newest task, or of task N.
func (w *world) checkpoints(words, _ []string) []string {
	return w.lines(`SELECT concat_ws(' ', s.name, 'attempt', c.attempt, c.value)
		FROM tasker.checkpoints c JOIN tasker.steps s USING (step_id) WHERE s.task_id = $1 ORDER BY s.position`, w.task(words))
}
