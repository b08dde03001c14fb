// The command soak is a worker of the soak test (rake soak) that knows nothing of tasker-core but the worker protocol
// and pgmq, as a worker in any language may: it reads, and sends each result and deletes the message in one
// transaction. Some steps fail. It works until it is killed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

func main() {
	namespace := flag.String("namespace", "soak", "whose steps to work on")
	lease := flag.Duration("lease", 3*time.Second, "how long a message stays with a worker that is killed")
	flag.Parse()
	pool, err := pgxpool.New(context.Background(), flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	work(context.Background(), pool, *namespace, *lease)
}

// work goes on for ever, whatever happens to the database.
func work(ctx context.Context, pool *pgxpool.Pool, namespace string, lease time.Duration) {
	for {
		messages, err := queue.Read(ctx, pool, queue.StepQueue(namespace), lease, 5)
		for _, m := range messages {
			if err == nil {
				err = reply(ctx, pool, namespace, m)
			}
		}
		if err != nil || len(messages) == 0 {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

var errNotMine = errors.New("the message is not mine any more")

func reply(ctx context.Context, pool *pgxpool.Pool, namespace string, m queue.Message) error {
	step, err := tasker.DecodeStepMessage(m.Body)
	if err != nil {
		return err
	}
	result, err := outcome(step).Encode()
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := queue.Send(ctx, tx, queue.StepResults, result); err != nil {
			return err
		}
		if n, err := queue.Delete(ctx, tx, queue.StepQueue(namespace), []int64{m.ID}); err != nil || n == 1 {
			return err
		}
		return errNotMine
	})
	if errors.Is(err, errNotMine) {
		return nil
	}
	return err
}

// outcome is a success mostly, sometimes a failure to be tried again, seldom one for good: always so when the result of
// a parent is missing.
func outcome(step tasker.StepMessage) tasker.Result {
	if isParentMissing(step) {
		return failure(step, "ParentMissing", false)
	}
	switch n := rand.N(100); {
	case n == 0:
		return failure(step, "ForGood", false)
	case n < 8:
		return failure(step, "NotNow", true)
	}
	return step.Answer(tasker.StatusSuccess, []byte(`{"by": "go"}`))
}

// isParentMissing looks for the parents that the step's configuration names.
func isParentMissing(step tasker.StepMessage) bool {
	var config struct {
		Parents []string `json:"parents"`
	}
	if json.Unmarshal(step.StepPayload, &config) != nil {
		return true
	}
	given := 0
	for _, ancestor := range step.ExecutionContext.Sequence {
		if ancestor.Results != nil && slices.Contains(config.Parents, ancestor.StepName) {
			given++
		}
	}
	return given < len(config.Parents)
}

func failure(step tasker.StepMessage, kind string, retryable bool) tasker.Result {
	r := step.Answer(tasker.StatusFailed, nil)
	r.Error = &tasker.ResultError{Type: kind, Message: kind, Retryable: &retryable}
	return r
}
