package orchestrator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// foundStep is what apply knows about a step of a batch: whether it got locked, and how it stood after the locks.
type foundStep struct {
	taskID      string
	held        bool
	namespaceID int32
	replyID     *int64 // the message of its reply by tasker.reply, beside which no other result of the attempt counts
	snapshot    tasker.StepSnapshot
}

// found is the steps of a batch, and the database's clock after the locks.
type found struct {
	now   time.Time
	steps map[int64]foundStep
}

// busy says whether somebody else is changing what a result speaks of. A result that speaks of nothing we have is not
// busy but stale.
func (f found) busy(r tasker.Result) bool {
	step, known := f.steps[r.StepID]
	return known && step.taskID == r.TaskID && !step.held
}

// holdSteps locks the tasks and steps that results speak of, without waiting, and reads the steps: see hold_steps.sql.
func holdSteps(ctx context.Context, tx pgx.Tx, replies []reply) (found, error) {
	f := found{steps: map[int64]foundStep{}}
	stepIDs, taskIDs := make([]int64, len(replies)), make([]string, len(replies))
	for i, r := range replies {
		stepIDs[i], taskIDs[i] = r.result.StepID, r.result.TaskID
	}
	rows, err := tx.Query(ctx, `SELECT step_id, task_id::text, held, namespace_id, state, attempt, failures, reply_id, max_attempts,
		retryable, skippable, backoff, now FROM tasker.hold_steps($1::text[]::uuid[], $2)`, taskIDs, stepIDs)
	if err != nil {
		return f, fmt.Errorf("hold steps: %w", err)
	}
	var id int64
	var step foundStep
	s := &step.snapshot
	_, err = pgx.ForEachRow(rows, []any{&id, &step.taskID, &step.held, &step.namespaceID, &s.State, &s.Attempt, &s.Failures, &step.replyID,
		&s.MaxAttempts, &s.Retryable, &s.Skippable, &s.Backoff, &f.now}, func() error {
		f.steps[id] = step
		return nil
	})
	if err != nil {
		return f, fmt.Errorf("hold steps: %w", err)
	}
	return f, nil
}
