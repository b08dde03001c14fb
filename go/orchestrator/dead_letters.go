package orchestrator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Replayed says what became of a dead letter that was asked for once more.
type Replayed struct {
	DeadLetterID int64  `json:"dead_letter_id"`
	Outcome      string `json:"outcome"` // in words; one that begins with "left" says why nothing could be done
}

// ReplayDeadLetters gives dead letters another chance: a request or a result goes onto its queue again, and a step that
// stands in error because of one is tried again. What was done is no dead letter any more.
func (o *Orchestrator) ReplayDeadLetters(ctx context.Context, ids []int64, actor, reason string) (replayed []Replayed, err error) {
	err = o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT dead_letter_id, outcome FROM tasker.replay_dead_letters($1, $2, nullif($3, ''))`,
			ids, actor, reason)
		if err != nil {
			return fmt.Errorf("replay dead letters: %w", err)
		}
		replayed, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Replayed])
		return err
	})
	return replayed, err
}

// PurgeQuantity is how many dead letters one call of PurgeDeadLetters removes at most, unless it is told otherwise.
const PurgeQuantity = 1000

// PurgeDeadLetters removes dead letters older than an age, the oldest first, and gives how many. Call it again while it
// gives as many as it may.
func (o *Orchestrator) PurgeDeadLetters(ctx context.Context, olderThan time.Duration, quantity int) (removed int, err error) {
	err = o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT tasker.purge_dead_letters(make_interval(secs => $1), $2)`,
			olderThan.Seconds(), positive(quantity, PurgeQuantity)).Scan(&removed)
	})
	return removed, err
}
