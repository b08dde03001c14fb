package orchestrator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/schema"
)

// seen is what a look at the queues and the steps found.
type seen struct {
	requests, results, ready bool
	nextDue                  *float64
}

// look asks what there is to do, in one round trip: most stages of most ticks need not begin a transaction. When that
// fails there may be anything, and the stages find out.
func (o *Orchestrator) look(ctx context.Context) seen {
	now := time.Now()
	o.requests.aim(now)
	o.results.aim(now)
	s, err := o.tryLook(ctx)
	if err != nil {
		return seen{requests: true, results: true, ready: true}
	}
	return s
}

func (o *Orchestrator) tryLook(ctx context.Context) (s seen, err error) {
	ctx, cancel := context.WithTimeout(ctx, transactionLimit)
	defer cancel()
	conn, err := o.pool.Acquire(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Release() // the pool closes one that is still in a transaction
	results, err := conn.Conn().PgConn().Exec(ctx, beginning+schema.RequireFace()+fmt.Sprintf(`;
		SELECT requests, results, ready OR coalesce(next_due <= 0, false), next_due FROM tasker.look(%d, %d);
		COMMIT`, o.requests.from, o.results.from)).ReadAll()
	if err != nil {
		return s, err
	}
	return readSeen(results[len(results)-2])
}

func readSeen(result *pgconn.Result) (s seen, err error) {
	row := result.Rows[0]
	s.requests, s.results, s.ready = string(row[0]) == "t", string(row[1]) == "t", string(row[2]) == "t"
	if row[3] != nil {
		s.nextDue = new(float64)
		_, err = fmt.Sscan(string(row[3]), s.nextDue)
	}
	return s, err
}
