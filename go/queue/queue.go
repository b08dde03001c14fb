// Package queue is how messages travel: pgmq queues, by their documented tables and functions.
//
// A tick does not lease what it reads, it locks it: Take selects the first visible messages FOR UPDATE SKIP LOCKED
// inside the transaction that also deals with them, and TakeOpen reads them in the same breath. If the transaction fails, they are there again at once; if it
// commits, they are gone with the work they caused. Workers, who cannot hold a transaction open for as long as a
// handler runs, lease instead: Read hides messages for a while and counts the delivery. A tick
// that has reason to fear what it takes does so too, in a transaction of its own before the one that works: see Lease.
//
// Every function takes a pool, a connection or a transaction alike. Columns are always named: queue tables that lived
// through an upgrade of the extension have them in another order.
package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The queues that belong to the orchestrator. A namespace's step queue is named by StepQueue.
const (
	TaskRequests = "orchestration_task_requests"
	StepResults  = "orchestration_step_results"
)

// The NOTIFY channels. A notification is a hint that somebody should look, never a fact.
const (
	ChannelOrchestrator = "tasker.orchestrator" // a request or a result waits
	ChannelFinished     = "tasker.finished"     // some task came to rest
)

// ResultSent is what is said on ChannelOrchestrator of a result. Nothing is said of anything else.
const ResultSent = "result"

// Querier is what a pool, a connection and a transaction have in common.
type Querier interface {
	Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}

// Message is one message as it lies on a queue.
type Message struct {
	ID         int64
	ReadCount  int // deliveries so far, this one included when it came from Read
	EnqueuedAt time.Time
	Body       []byte // JSON; empty when the sender sent SQL's NULL
}

// StepQueue names the queue of a namespace.
func StepQueue(namespace string) string { return namespace + "_queue" }

// Taken is a message that a transaction has locked and nobody has opened.
type Taken struct {
	ID        int64
	ReadCount int // leases so far that were not given back
}

// ReadBefore says whether somebody leased the message and never came to an end with it.
func (t Taken) ReadBefore() bool { return t.ReadCount > 0 }

// head is what Take and TakeOpen take.
const head = ` FROM %s WHERE msg_id >= $1 AND vt <= clock_timestamp() ORDER BY msg_id LIMIT $2 FOR UPDATE SKIP LOCKED`

// Take locks up to limit visible messages, lowest id first and none lower than from, for the rest of the transaction q.
// Messages that somebody else holds are passed over. What they say is asked for by Open: who has reason to fear a message
// has to know which one it is before.
func Take(ctx context.Context, q Querier, name string, from int64, limit int) ([]Taken, error) {
	rows, err := q.Query(ctx, fmt.Sprintf(`SELECT msg_id, read_ct`+head, table(name)), from, limit)
	if err != nil {
		return nil, fmt.Errorf("take messages from %q: %w", name, err)
	}
	taken, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Taken])
	if err != nil {
		return nil, fmt.Errorf("take messages from %q: %w", name, err)
	}
	return taken, nil
}

// TakeOpen is Take and Open in one round trip, for who fears nothing: a message that was leased before and not given back
// stays shut, its body is empty.
func TakeOpen(ctx context.Context, q Querier, name string, from int64, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, fmt.Sprintf(`SELECT msg_id, read_ct, enqueued_at, CASE WHEN read_ct = 0 THEN message END`+head, table(name)), from, limit)
	if err != nil {
		return nil, fmt.Errorf("take messages from %q: %w", name, err)
	}
	return collect(rows, name)
}

// Retake locks those of these messages that are still visible and that nobody else holds, for the rest of the
// transaction q.
func Retake(ctx context.Context, q Querier, name string, ids []int64) ([]int64, error) {
	rows, err := q.Query(ctx, fmt.Sprintf(`SELECT msg_id FROM %s WHERE msg_id = ANY ($1) AND vt <= clock_timestamp()
		ORDER BY msg_id FOR UPDATE SKIP LOCKED`, table(name)), ids)
	if err != nil {
		return nil, fmt.Errorf("take messages from %q again: %w", name, err)
	}
	free, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("take messages from %q again: %w", name, err)
	}
	return free, nil
}

// Open gives the messages with these ids, in their order.
func Open(ctx context.Context, q Querier, name string, ids []int64) ([]Message, error) {
	rows, err := q.Query(ctx, fmt.Sprintf(`SELECT msg_id, read_ct, enqueued_at, message FROM %s
		WHERE msg_id = ANY ($1) ORDER BY msg_id`, table(name)), ids)
	if err != nil {
		return nil, fmt.Errorf("open messages of %q: %w", name, err)
	}
	return collect(rows, name)
}

// Read leases up to limit visible messages: nobody else sees them until the lease has passed.
func Read(ctx context.Context, q Querier, name string, lease time.Duration, limit int) ([]Message, error) {
	rows, err := q.Query(ctx, `SELECT msg_id, read_ct, enqueued_at, message FROM pgmq.read($1, $2, $3)`,
		name, int(lease.Seconds()), limit)
	if err != nil {
		return nil, fmt.Errorf("read messages from %q: %w", name, err)
	}
	return collect(rows, name)
}

func collect(rows pgx.Rows, name string) ([]Message, error) {
	messages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Message, err error) {
		err = row.Scan(&m.ID, &m.ReadCount, &m.EnqueuedAt, &m.Body)
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("read messages from %q: %w", name, err)
	}
	return messages, nil
}

// Send puts one JSON message on a queue and gives its id.
func Send(ctx context.Context, q Querier, name string, body []byte) (id int64, err error) {
	if err = q.QueryRow(ctx, `SELECT pgmq.send($1, $2::jsonb)`, name, string(body)).Scan(&id); err != nil {
		return 0, fmt.Errorf("send message to %q: %w", name, err)
	}
	return id, nil
}

// Delete removes messages and gives how many were still there.
func Delete(ctx context.Context, q Querier, name string, ids []int64) (int64, error) {
	tag, err := q.Exec(ctx, fmt.Sprintf(`DELETE FROM %s WHERE msg_id = ANY ($1)`, table(name)), ids)
	if err != nil {
		return 0, fmt.Errorf("delete messages from %q: %w", name, err)
	}
	return tag.RowsAffected(), nil
}

// Postpone hides messages that this transaction took for a while: for as long again as they have been waiting, but at
// least and at most so long. So those that wait for long let the ones behind them pass. Somebody has looked into them and
// lived, so earlier leases count no more.
func Postpone(ctx context.Context, q Querier, name string, ids []int64, least, most time.Duration) error {
	_, err := q.Exec(ctx, fmt.Sprintf(`UPDATE %s SET read_ct = 0, vt = clock_timestamp()
		+ least(greatest(clock_timestamp() - enqueued_at, make_interval(secs => $2)), make_interval(secs => $3))
		WHERE msg_id = ANY ($1)`, table(name)), ids, least.Seconds(), most.Seconds())
	if err != nil {
		return fmt.Errorf("postpone messages of %q: %w", name, err)
	}
	return nil
}

// DeadLetter takes messages off a queue into its archive and keeps them, with the reason, in tasker.dead_letters.
func DeadLetter(ctx context.Context, q Querier, name string, ids []int64, reason string) error {
	if _, err := q.Exec(ctx, `SELECT tasker.dead_letter($1, $2, $3)`, name, ids, reason); err != nil {
		return fmt.Errorf("move messages of %q to the dead letters: %w", name, err)
	}
	return nil
}

// table is the table behind a queue. The names it gets are ours, made of a checked namespace or a constant.
func table(name string) string { return pgx.Identifier{"pgmq", "q_" + name}.Sanitize() }
