package orchestrator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestCheckpointsHoldNobodyUp: while a worker's transaction with checkpoints in it stays open, ticks, starts and operators
// go on with the steps as if it were not there.
func TestCheckpointsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.pool.Config().ConnString()
	play(w, "template job\n  a:, backoff=fixed:10\n  b:\nrequest job\nread\n----")
	worker, operator := dbtest.Connect(t, url), dbtest.Connect(t, url)
	dbtest.Execute(t, worker, `BEGIN; SELECT tasker.save_checkpoint(1, 1, '1'), tasker.save_checkpoint(2, 1, '2')`)
	require.Equal(t, []string{"started"}, w.start([]string{"a"}, nil))
	require.Empty(t, w.reply([]string{"a", "fail"}, nil))
	require.Equal(t, []string{"applied 1, retried 1, next due in 10s"}, w.tick(nil, nil))
	require.Equal(t, []string{"none"}, w.checkpoints(nil, nil))
	require.Empty(t, w.clock([]string{"+10s"}, nil))
	require.Equal(t, []string{"enqueued 1"}, w.tick(nil, nil))
	dbtest.Execute(t, operator, `SET lock_timeout = '1s'; SELECT tasker.cancel_step('`+w.tasks[0]+`', 'b', 'ops')`)
	dbtest.Execute(t, worker, `COMMIT`)
	require.Equal(t, []string{"a attempt 1 1", "b attempt 1 2"}, w.checkpoints(nil, nil))
}

// TestAnEarlierAttemptSavesNothingOverALaterOne: it may find that it is the current one and come too late all the same.
func TestAnEarlierAttemptSavesNothingOverALaterOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	play(w, "template job\n  a:\nrequest job\n----")
	conn := dbtest.Connect(t, w.pool.Config().ConnString())
	dbtest.Execute(t, conn, `INSERT INTO tasker.checkpoints VALUES (1, 2, '"by the second attempt"', now())`)
	require.Equal(t, []string{"false"}, w.call([]string{`save_checkpoint(1, 1, '"by the first"')`}, nil))
	require.Equal(t, []string{`a attempt 2 "by the second attempt"`}, w.checkpoints(nil, nil))
}

// TestRepliesWithBadEventsAreRefused: what is replied in a handler's own transaction counts for good, so it is looked at
// before it is sent, as other results are when they are applied.
func TestRepliesWithBadEventsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	play(w, "template job\n  a:\nrequest job\nread\n----")
	reply := func(events string) []string {
		return w.call([]string{`reply('demo', 1, 1, jsonb_build_object('protocol', 1, 'step_id', 1, 'task_id', '` + w.tasks[0] + `', 'attempt', 1,
			'status', 'success', 'orchestration_metadata', jsonb_build_object('events', ` + events + `)))`}, nil)
	}
	for _, bad := range []string{`7`, `'[7]'::jsonb`, `'[null]'::jsonb`, `'[{}]'::jsonb`, `'[{"name": 7}]'::jsonb`, `'[{"name": ""}]'::jsonb`,
		`'[{"name": "x", "payload": [1]}]'::jsonb`, `'[{"name": "x", "more": 1}]'::jsonb`,
		`jsonb_build_array(jsonb_build_object('name', repeat('x', 129)))`, `(SELECT jsonb_agg('{"name": "x"}'::jsonb) FROM generate_series(1, 101))`} {
		require.Contains(t, reply(bad)[0], "TK400 events must be an array of at most 100", bad)
	}
	require.Equal(t, []string{"true"}, reply(`'[{"name": "x"}, {"name": "y", "payload": {"n": 1}}]'::jsonb`))
	require.Equal(t, []string{"applied 1, finished 1"}, w.tick(nil, nil))
	require.Equal(t, []string{"a attempt 1 x {}", `a attempt 1 y {"n": 1}`}, w.events(nil, nil))
}
