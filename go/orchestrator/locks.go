package orchestrator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// found is what apply knows about the steps of a batch: who got locked, and how they stood after the locks.
type found struct {
	now         time.Time // the database's clock
	steps       map[int64]foundStep
	lockedTasks map[string]bool
	lockedSteps map[int64]bool
}

type foundStep struct {
	taskID      string
	namespaceID int32
	replyID     *int64 // the message of its reply by tasker.reply, beside which no other result of the attempt counts
	snapshot    tasker.StepSnapshot
}

// busy says whether somebody else is changing what a result speaks of. A result that speaks of nothing we have is not
// busy but stale.
func (f found) busy(r tasker.Result) bool {
	step, known := f.steps[r.StepID]
	return known && step.taskID == r.TaskID && !(f.lockedTasks[step.taskID] && f.lockedSteps[r.StepID])
}

// lockSteps locks the tasks and then the steps that results speak of, in order of their ids and without waiting, and
// reads the steps in a later statement: what it reads is what the locks hold. One round trip.
func lockSteps(ctx context.Context, tx pgx.Tx, replies []reply) (found, error) {
	f := found{steps: map[int64]foundStep{}, lockedTasks: map[string]bool{}, lockedSteps: map[int64]bool{}}
	stepIDs, taskIDs := make([]int64, len(replies)), make([]string, len(replies))
	for i, r := range replies {
		stepIDs[i], taskIDs[i] = r.result.StepID, r.result.TaskID
	}
	var b pgx.Batch
	b.Queue(`SELECT task_id::text FROM tasker.tasks WHERE task_id = ANY ($1::text[]::uuid[])
		ORDER BY task_id FOR NO KEY UPDATE SKIP LOCKED`, taskIDs).Query(collectInto(f.lockedTasks))
	b.Queue(`SELECT step_id FROM tasker.steps WHERE step_id = ANY ($1)
		ORDER BY step_id FOR NO KEY UPDATE SKIP LOCKED`, stepIDs).Query(collectInto(f.lockedSteps))
	b.Queue(`SELECT s.step_id, s.task_id::text, s.namespace_id, s.state, s.attempt, s.failures,
			CASE WHEN s.reply IS NOT NULL THEN s.reply_id END, r.max_attempts, r.retryable, r.skippable, r.recipe -> 'backoff'
		FROM unnest($1::bigint[]) AS a (id)
		CROSS JOIN LATERAL (SELECT * FROM tasker.steps WHERE step_id = a.id OFFSET 0) s
		CROSS JOIN LATERAL (SELECT template_id FROM tasker.tasks WHERE task_id = s.task_id OFFSET 0) t
		CROSS JOIN LATERAL (
			SELECT * FROM tasker.template_steps WHERE template_id = t.template_id AND position = s.position OFFSET 0) r`, stepIDs).Query(f.collect)
	b.Queue(`SELECT clock_timestamp()`).QueryRow(func(row pgx.Row) error { return row.Scan(&f.now) })
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return f, fmt.Errorf("lock steps: %w", err)
	}
	return f, nil
}

func collectInto[K comparable](set map[K]bool) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		keys, err := pgx.CollectRows(rows, pgx.RowTo[K])
		for _, key := range keys {
			set[key] = true
		}
		return err
	}
}

func (f found) collect(rows pgx.Rows) error {
	var id int64
	var step foundStep
	s := &step.snapshot
	_, err := pgx.ForEachRow(rows, []any{&id, &step.taskID, &step.namespaceID, &s.State, &s.Attempt, &s.Failures,
		&step.replyID, &s.MaxAttempts, &s.Retryable, &s.Skippable, &s.Backoff}, func() error {
		f.steps[id] = step
		return nil
	})
	return err
}
