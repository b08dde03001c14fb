package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const twoSteps = `{"source": "name: greet\nsteps:\n  - name: hello\n    handler_class: Hello\n  - name: bye\n    handler_class: Bye\n    depends_on: [hello]\n"}`

// control gives the reply to an order of the operator ops.
func control(id uint64, format string, values ...any) reply {
	return call(id, "control", []byte(`{"actor": "ops", `+fmt.Sprintf(format, values...)+`}`), 0)
}

func TestControlOfOneTaskAndOneStep(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "register_template", []byte(twoSteps), 0))
	task := mustValue(t, createTask(id, []byte(`{"name": "greet"}`), 0))["task_id"]

	answer := mustValue(t, control(id, `"action": "resolve", "task_id": %q, "step": "hello", "results": {"said": "hello"}, "reason": "by hand"`, task))
	require.Equal(t, map[string]any{"state": "resolved_manually"}, answer)
	refused := mustFault(t, statusError, control(id, `"action": "retry", "task_id": %q, "step": "bye"`, task))
	require.Equal(t, "refused", refused.Code)
	require.Equal(t, "cannot retry a step that is pending: possible are cancel, resolve", refused.Message)
	require.Equal(t, "pending", refused.State)
	require.Equal(t, []string{"cancel", "resolve"}, refused.Allowed)
	require.Equal(t, "not_found", mustFault(t, statusError, control(id, `"action": "skip", "task_id": %q, "step": "by"`, task)).Code)

	require.Equal(t, map[string]any{"state": "in_progress"}, mustValue(t, control(id, `"action": "pause", "task_id": %q`, task)))
	require.Equal(t, map[string]any{"state": "cancelled"}, mustValue(t, control(id, `"action": "cancel", "task_id": %q`, task)))
	refused = mustFault(t, statusError, control(id, `"action": "retry", "task_id": %q`, task))
	require.Equal(t, "cancelled", refused.State)
	require.Equal(t, []string{}, refused.Allowed)
}

func TestControlOfMany(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "register_template", []byte(twoSteps), 0))
	for range 3 {
		mustValue(t, createTask(id, []byte(`{"name": "greet", "tags": ["night"]}`), 0))
	}
	require.Equal(t, map[string]any{"tasks": []any{}}, mustValue(t, control(id, `"action": "cancel", "filter": {"tags": ["day"]}`)))
	two := mustValue(t, control(id, `"action": "cancel", "filter": {"tags": ["night"]}, "quantity": 2`))["tasks"].([]any)
	require.Len(t, two, 2)
	all := mustValue(t, control(id, `"action": "cancel", "filter": {"tags": ["night"]}`))["tasks"].([]any)
	require.Len(t, all, 3)
	for i, answer := range all {
		require.Equal(t, "cancelled", answer.(map[string]any)["state"])
		require.Equal(t, i < 2, answer.(map[string]any)["refusal"] != nil, "the first two were cancelled before")
	}
}

func TestControlOfNamespacesAndEverything(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	mustValue(t, call(id, "register_template", []byte(twoSteps), 0))
	for _, what := range []string{`"namespace": "default"`, `"everything": true`} {
		for _, action := range []string{"pause", "resume"} {
			require.Equal(t, map[string]any{"changed": true}, mustValue(t, control(id, `"action": %q, %s`, action, what)))
			require.Equal(t, map[string]any{"changed": false}, mustValue(t, control(id, `"action": %q, %s`, action, what)))
		}
	}
	require.Equal(t, "not_found", mustFault(t, statusError, control(id, `"action": "pause", "namespace": "demo"`)).Code)
}

// TestControlRefusesWhatIsNoOrder changes nothing, and says what to do instead.
func TestControlRefusesWhatIsNoOrder(t *testing.T) {
	t.Parallel()
	id := mustOpen(t)
	for order, remedy := range map[string]string{
		`"action": "cancel"`: "one of task_id, filter, namespace and everything",
		`"action": "pause", "namespace": "default", "everything": true`: "one of task_id, filter, namespace and everything",
		`"action": "cancel", "filter": null`:                            "one of task_id, filter, namespace and everything",
		`"action": "cancel", "step": "hello", "filter": {}`:             "together with its task_id",
		`"action": "resolve", "filter": {}, "results": 1`:               "name it",
		`"action": "cancel", "everything": true`:                        "not to \"cancel\"",
		`"action": "cancel", "task_id": "greet"`:                        "invalid input syntax for type uuid",
		`"action": "explode", "filter": {}`:                             "there are cancel, retry, resolve, pause, resume",
		`"action": "cancel", "filter": {"stat": "error"}`:               "unknown key stat",
		`"action": "cancel", "filter": {}, "quantity": -1`:              "quantity must be 1 or more",
	} {
		refused := mustFault(t, statusError, control(id, "%s", order))
		require.Equal(t, "invalid", refused.Code, order)
		require.Contains(t, refused.Message, remedy, order)
	}
	nobody := mustFault(t, statusError, call(id, "control", []byte(`{"action": "cancel", "filter": {}, "actor": ""}`), 0))
	require.Contains(t, nobody.Message, "actor needs text")
	require.Equal(t, "bad_argument", mustFault(t, statusBadArgument, control(id, `"acton": "cancel"`)).Code)
}
