package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Lease is a claim on messages that outlives the transaction that made it, and the process, if it comes to that. Nobody
// else sees them until then, and each counts one delivery more.
type Lease struct {
	IDs   []int64
	Until time.Time // also the sign by which a lease that has passed to somebody else is known
}

// Hide leases messages that this transaction took.
func Hide(ctx context.Context, q Querier, name string, ids []int64, lease time.Duration) (Lease, error) {
	l := Lease{IDs: ids}
	err := q.QueryRow(ctx, fmt.Sprintf(`WITH until AS (SELECT clock_timestamp() + make_interval(secs => $2) AS vt),
		hidden AS (UPDATE %s q SET vt = until.vt, read_ct = read_ct + 1 FROM until WHERE msg_id = ANY ($1))
		SELECT vt FROM until`, table(name)), ids, lease.Seconds()).Scan(&l.Until)
	if err != nil {
		return Lease{}, fmt.Errorf("lease messages of %q: %w", name, err)
	}
	return l, nil
}

// Retake locks what is still left of a lease, for the rest of the transaction q.
func (l Lease) Retake(ctx context.Context, q Querier, name string) ([]int64, error) {
	rows, err := q.Query(ctx, fmt.Sprintf(`SELECT msg_id FROM %s WHERE msg_id = ANY ($1) AND vt = $2
		ORDER BY msg_id FOR UPDATE SKIP LOCKED`, table(name)), l.IDs, l.Until)
	if err != nil {
		return nil, fmt.Errorf("take leased messages from %q: %w", name, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("take leased messages from %q: %w", name, err)
	}
	return ids, nil
}

// GiveBack ends a lease as if it had never been.
func (l Lease) GiveBack(ctx context.Context, q Querier, name string) error {
	_, err := q.Exec(ctx, fmt.Sprintf(`UPDATE %s SET vt = clock_timestamp(), read_ct = read_ct - 1
		WHERE msg_id = ANY ($1) AND vt = $2`, table(name)), l.IDs, l.Until)
	if err != nil {
		return fmt.Errorf("give messages of %q back: %w", name, err)
	}
	return nil
}
