package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// listen wakes the loop whenever somebody notifies, until ctx ends. A connection that is lost is opened again, and the
// loop is woken to catch up with what was notified meanwhile. Without any connection polling goes on.
func (o *Orchestrator) listen(ctx context.Context) {
	for listening := true; ctx.Err() == nil; {
		err := o.heed(ctx, queue.ChannelOrchestrator, func(said string) (enough bool) {
			listening = true
			if said == queue.ResultSent {
				o.announced.Store(true)
			}
			o.nudge()
			return false
		})
		if ctx.Err() != nil {
			return
		}
		if listening { // tell it once, until it listens again
			o.config.Log("warn", "listen connection lost", map[string]any{"error": err.Error()})
		}
		listening = false
		rest(ctx, nil, shortestOutage+rand.N(longestOutage))
	}
}

// nudge ends a rest of the loop; one that is not resting looks once more before it does.
func (o *Orchestrator) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// heed listens on a channel with a connection of its own. It calls look once it listens, at every notification with what
// that said, and at the poll interval, until look gives true or an error ends it.
func (o *Orchestrator) heed(ctx context.Context, channel string, look func(said string) (enough bool)) error {
	conn, err := pgx.ConnectConfig(ctx, o.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	if err := beginListening(ctx, conn, channel); err != nil {
		return fmt.Errorf("listen on %q: %w", channel, err)
	}
	for said := ""; !look(said); {
		if said, err = o.awaitNotification(ctx, conn); err != nil {
			return fmt.Errorf("listen on %q: %w", channel, err)
		}
	}
	return nil
}

// beginListening says LISTEN, and does not wait for ever to be heard.
func beginListening(ctx context.Context, conn *pgx.Conn, channel string) error {
	ctx, cancel := context.WithTimeout(ctx, transactionLimit)
	defer cancel()
	_, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize())
	return err
}

// awaitNotification gives what a notification says, or nothing after the poll interval.
func (o *Orchestrator) awaitNotification(ctx context.Context, conn *pgx.Conn) (said string, err error) {
	polling, cancel := context.WithTimeout(ctx, o.config.PollInterval)
	defer cancel()
	notification, err := conn.WaitForNotification(polling)
	switch {
	case err == nil:
		return notification.Payload, nil
	case errors.Is(polling.Err(), context.DeadlineExceeded) && ctx.Err() == nil:
		return "", nil
	}
	return "", err
}

// Wait waits until a task is at rest and gives its state. It listens first and reads the state afterwards, so that no
// end is missed, and reads again at the poll interval. It gives ctx's error when that comes first.
func (o *Orchestrator) Wait(ctx context.Context, taskID string) (state string, err error) {
	var failure error
	err = o.heed(ctx, queue.ChannelFinished, func(string) (enough bool) {
		state, failure = o.stateOf(ctx, taskID)
		return failure != nil || tasker.TaskState(state).AtRest()
	})
	if failure != nil {
		return "", failure
	}
	return state, err
}

func (o *Orchestrator) stateOf(ctx context.Context, taskID string) (state string, err error) {
	ctx, cancel := context.WithTimeout(ctx, transactionLimit)
	defer cancel()
	err = o.pool.QueryRow(ctx, `SELECT state FROM tasker.tasks WHERE task_id = $1::text::uuid`,
		pgx.QueryExecModeExec, taskID).Scan(&state) // planned anew each time: a plan that is kept may be of early days, and reads all tasks
	if errors.Is(err, pgx.ErrNoRows) {
		return "", tasker.NotFoundf("no task %s: use the id that create_task gave", taskID)
	}
	return state, err
}
