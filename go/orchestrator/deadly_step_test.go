package orchestrator_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// deadlyWork names the database for which this test program, started again as a child, works until it is killed;
// deadlyRead is how it gets messages.
const (
	deadlyWork = "TASKER_TEST_WORK"
	deadlyRead = "TASKER_TEST_READ"
)

// Two ways to get a message: announcing the start, as our own workers do, and with nothing but pgmq.
const (
	announcing = `SELECT msg_id, message, answer FROM tasker.read_steps('demo', 30, 1, 'worker')`
	silent     = `SELECT msg_id, message, 'started' FROM pgmq.read('demo_queue', 30, 1)`
)

// workUntilKilled answers every step but s5: of that it says that it has it, and hangs.
func workUntilKilled(url string) {
	conn, err := pgx.Connect(context.Background(), url)
	for err == nil {
		err = answerOne(conn)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func answerOne(conn *pgx.Conn) error {
	var message struct {
		StepID   int64  `json:"step_id"`
		TaskID   string `json:"task_id"`
		StepName string `json:"step_name"`
		Attempt  int    `json:"attempt"`
	}
	var msgID int64
	var answer string
	ctx := context.Background()
	err := conn.QueryRow(ctx, os.Getenv(deadlyRead)).Scan(&msgID, &message, &answer)
	switch {
	case err == pgx.ErrNoRows: //nolint:errorlint // pgx gives it as it is
		wait(ctx, time.Millisecond)
		return nil
	case err != nil || answer != "started":
		return err
	case message.StepName == "s5":
		fmt.Println("s5")
		time.Sleep(time.Hour)
	}
	_, err = conn.Exec(ctx, `SELECT tasker.reply_steps('demo', jsonb_build_array(jsonb_build_object('msg_id', $1::bigint, 'result',
		jsonb_build_object('protocol', 1, 'status', 'success', 'step_id', $2::bigint, 'task_id', $3::text, 'attempt', $4::integer))))`,
		msgID, message.StepID, message.TaskID, message.Attempt)
	return err
}

// TestDeadlyStep: a step kills, with SIGKILL, every worker that gets it. The crash budget of three later it is in error;
// no failure of it was counted, no other step noticed, and its message is kept.
func TestDeadlyStep(t *testing.T) {
	t.Parallel()
	for read, want := range map[string]int{announcing: 3, silent: 4} {
		t.Run(fmt.Sprint(want, " deaths"), func(t *testing.T) {
			t.Parallel()
			url := dbtest.URL(t)
			o, pool := open(t, url), openPool(t, url)
			task := wide(t, o, "demo", 9)
			say(t, pool, `UPDATE tasker.namespaces SET crash_budget = 3`)
			deaths := 0
			for stateOf(t, pool, task) == "in_progress" {
				require.Less(t, deaths, 10)
				deaths += workToDeathOrEnd(t, url, pool, read)
				say(t, pool, `UPDATE pgmq.q_demo_queue SET vt = vt - interval '30 seconds'`)
				_, err := o.Tick(t.Context())
				require.NoError(t, err)
				sweep(t, o)
			}
			require.Equal(t, want, deaths)
			require.Equal(t, "error", stateOf(t, pool, task))
			require.Equal(t, "s5 error 0 WorkerLost", ask[string](t, pool, `SELECT concat_ws(' ', name, state, failures,
				error ->> 'error_type') FROM tasker.steps WHERE state <> 'complete'`))
			require.Equal(t, "s5", ask[string](t, pool, `SELECT message ->> 'step_name' FROM tasker.dead_letters`))
			require.Zero(t, ask[int](t, pool, messages))
		})
	}
}

// workToDeathOrEnd runs a worker as a process of its own until it has the deadly step, and kills it, or until there is
// nothing left that it may have. It gives how many died.
func workToDeathOrEnd(t *testing.T, url string, pool *pgxpool.Pool, read string) (died int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0]) //nolint:gosec // this very program; its end is SIGKILL
	child.Env = append(os.Environ(), deadlyWork+"="+url, deadlyRead+"="+read)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	told := make(chan bool, 1)
	background(t, func(context.Context) { told <- hears(out, "s5") })
	require.Eventually(t, func() bool {
		select {
		case has := <-told:
			require.True(t, has, "the worker ended by itself")
			died = 1
			return true
		default:
			return ask[bool](t, pool, `SELECT NOT EXISTS (SELECT FROM pgmq.q_demo_queue
				WHERE message ->> 'step_name' <> 's5' OR vt <= clock_timestamp())`)
		}
	}, 30*time.Second, time.Millisecond)
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() //nolint:errcheck // it was killed
	return died
}

// hears reads until a line comes.
func hears(out io.Reader, line string) bool {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == line {
			return true
		}
	}
	return false
}
