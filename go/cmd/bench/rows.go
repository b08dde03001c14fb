package main

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// rows is bare pgmq with bare tables: two hops a step, and the rows that a step leaves behind when each of its moves is
// written down once, in the transaction that makes it. Nobody locks a task, tests whether a result counts, looks for what has become
// ready, puts a message together or brings a task to rest.
type rows struct{ floor }

func newRows(ctx context.Context, own floor) (rows, error) {
	_, err := own.pool.Exec(ctx, `CREATE SCHEMA bare; CREATE TABLE bare.steps (LIKE tasker.steps INCLUDING ALL);
		CREATE TABLE bare.step_transitions (LIKE tasker.step_transitions INCLUDING ALL)`)
	return rows{own}, err
}

// written moves as many new steps from pending to enqueued and on to complete, and gives steps a second. A batch more goes out
// with the last results.
func (r rows) written(ctx context.Context, sample answer, steps, batch int) (float64, error) {
	first, err := r.fill(ctx, steps+batch)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	var done []int64 // messages of the results of the batch before
	for at := first; at <= first+int64(steps); at += int64(batch) {
		err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
			if err := finish(ctx, tx, done, at-int64(batch), at-1); err != nil {
				return err
			}
			return hand(ctx, tx, string(sample.body), at, at+int64(batch)-1)
		})
		if err == nil {
			done, err = r.answered(ctx, string(sample.Result), batch)
		}
		if err != nil {
			return 0, err
		}
	}
	return perSecond(steps, start), nil
}

// fill makes new steps and gives the first one's id.
func (r rows) fill(ctx context.Context, steps int) (first int64, err error) {
	err = r.pool.QueryRow(ctx, `WITH made AS (
		INSERT INTO bare.steps (task_id, namespace_id, position, name, unmet_dependencies, rank)
		SELECT gen_random_uuid(), 1, 0, 'step', 1, 0 FROM generate_series(1, $1::integer) RETURNING step_id)
		SELECT min(step_id) FROM made`, steps).Scan(&first)
	return first, err
}

// finish takes results and completes their steps.
func finish(ctx context.Context, tx pgx.Tx, done []int64, from, to int64) error {
	if len(done) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, deleteBatch, "floor_results", done); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE bare.steps SET state = 'complete', results = '{"result": 36}', completed_at = clock_timestamp()
		WHERE step_id BETWEEN $1 AND $2`, from, to); err != nil {
		return err
	}
	return noteMoves(ctx, tx, "enqueued", "complete", from, to)
}

// hand sends messages and moves their steps.
func hand(ctx context.Context, tx pgx.Tx, body string, from, to int64) error {
	if _, err := tx.Exec(ctx, sendBatch, "floor_steps", slices.Repeat([]string{body}, int(to-from+1))); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE bare.steps SET state = 'enqueued', unmet_dependencies = 0, attempt = 1, msg_id = step_id, enqueued_at = clock_timestamp()
		WHERE step_id BETWEEN $1 AND $2`, from, to); err != nil {
		return err
	}
	return noteMoves(ctx, tx, "pending", "enqueued", from, to)
}

func noteMoves(ctx context.Context, tx pgx.Tx, from, to string, first, last int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO bare.step_transitions (step_id, from_state, to_state, attempt, at, actor)
		SELECT id, $1, $2, 1, clock_timestamp(), 'bench' FROM generate_series($3::bigint, $4::bigint) id`, from, to, first, last)
	return err
}

// answered is a worker's part, and reading what it sent.
func (r rows) answered(ctx context.Context, result string, batch int) ([]int64, error) {
	ids, err := messageIDs(ctx, r.pool, readBatch, "floor_steps", batch)
	if err != nil {
		return nil, err
	}
	if err := replyPlainly(ctx, r.pool, "floor_results", slices.Repeat([]string{result}, batch), "floor_steps", ids); err != nil {
		return nil, err
	}
	return messageIDs(ctx, r.pool, readBatch, "floor_results", batch)
}
