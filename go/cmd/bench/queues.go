package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/safego"
)

const (
	jobs  = "jobs" // the queue that is measured
	pairs = 21     // of short rounds, after one that fills caches: a machine is not the same for long
)

// implementation is one of the two that are compared, in a database of its own on the same server.
type implementation struct {
	pool *pgxpool.Pool
}

// queueFigure is one line: how many messages a second go through an operation, ours and the real one's in turns.
type queueFigure struct {
	Figure  string    `json:"figure"`
	Clients int       `json:"clients"`
	Ours    float64   `json:"ours"`
	Real    float64   `json:"real"`
	Unit    string    `json:"unit"`
	Ratio   float64   `json:"ratio"`
	Target  float64   `json:"target"`
	Met     bool      `json:"met"`
	Spread  []float64 `json:"spread"`
}

// operation is what one client does over and over: it gives how many messages it has done with, none when the queue is empty.
type operation struct {
	name string
	fill int // messages that lie on the queue at first
	call func(ctx context.Context, conn *pgxpool.Conn, next func() int64) (int, error)
}

const body = `{"step_id": 12345, "task_id": "0198c0de-0000-7000-8000-000000000000", "attempt": 1, "input": {"order": 42, "total": 99.5}}`

var operations = []operation{
	{"send", 0, func(ctx context.Context, conn *pgxpool.Conn, _ func() int64) (int, error) {
		return 1, execute(ctx, conn, `SELECT pgmq.send($1, $2::jsonb)`, jobs, body)
	}},
	{"send_batch(100)", 0, func(ctx context.Context, conn *pgxpool.Conn, _ func() int64) (int, error) {
		return 100, execute(ctx, conn, `SELECT pgmq.send_batch($1, array_fill($2::jsonb, ARRAY[100]))`, jobs, body)
	}},
	{"read(1)+delete", 6_000, readAndDelete(1)},
	{"read(10)+delete", 20_000, readAndDelete(10)},
	{"read(100)+delete", 70_000, readAndDelete(100)},
	{"pop", 8_000, func(ctx context.Context, conn *pgxpool.Conn, _ func() int64) (int, error) {
		ids, err := messageIDs(ctx, conn, `SELECT msg_id, message FROM pgmq.pop($1)`, jobs)
		return len(ids), err
	}},
	{"archive", 8_000, func(ctx context.Context, conn *pgxpool.Conn, next func() int64) (int, error) {
		var was bool
		err := conn.QueryRow(ctx, `SELECT pgmq.archive($1, $2::bigint)`, jobs, next()).Scan(&was)
		if err != nil || !was {
			return 0, err
		}
		return 1, nil
	}},
}

// querier is a pool or one of its connections.
type querier interface {
	Query(ctx context.Context, sql string, arguments ...any) (pgx.Rows, error)
}

func readAndDelete(n int) func(context.Context, *pgxpool.Conn, func() int64) (int, error) {
	return func(ctx context.Context, conn *pgxpool.Conn, _ func() int64) (int, error) {
		ids, err := messageIDs(ctx, conn, `SELECT msg_id, message FROM pgmq.read($1, 30, $2)`, jobs, n)
		if err != nil || len(ids) == 0 {
			return 0, err
		}
		return len(ids), execute(ctx, conn, `SELECT pgmq.delete($1, $2::bigint[])`, jobs, ids)
	}
}

func execute(ctx context.Context, conn *pgxpool.Conn, sql string, arguments ...any) error {
	_, err := conn.Exec(ctx, sql, arguments...)
	return err
}

// messageIDs gives the first of two columns; the second, the message, is fetched as a client would.
func messageIDs(ctx context.Context, db querier, sql string, arguments ...any) ([]int64, error) {
	rows, err := db.Query(ctx, sql, arguments...)
	if err != nil {
		return nil, err
	}
	var id int64
	var message []byte
	var ids []int64
	_, err = pgx.ForEachRow(rows, []any{&id, &message}, func() error { ids = append(ids, id); return nil })
	return ids, err
}

// compareQueues prints a line for each operation and number of clients: ours beside the real pgmq.
func (b *bench) compareQueues(ctx context.Context, each time.Duration) error {
	if b.script == "" {
		return errors.New("nothing to compare with: give -real-pgmq, or run it through `rake bench:pgmq`")
	}
	return b.withBoth(ctx, func(ours, real *implementation) error {
		for _, op := range operations {
			for _, clients := range []int{1, 4, 8, 64} {
				f := queueFigure{Figure: "pgmq/" + op.name, Clients: clients, Unit: "messages/s", Target: 1}
				if !b.only.MatchString(fmt.Sprintf("%s/%d", f.Figure, clients)) {
					continue
				}
				if err := f.measure(ctx, ours, real, op, each); err != nil {
					return fmt.Errorf("%s: %w", op.name, err)
				}
				if err := printLine(f); err != nil {
					return err
				}
			}
		}
		return hardStates(ctx, ours, real, b.only)
	})
}

func (f *queueFigure) measure(ctx context.Context, ours, real *implementation, op operation, each time.Duration) error {
	var rates [2][]float64
	for round := range pairs + 1 {
		pair := [2]float64{}
		for turn := range 2 {
			which := (round + turn) % 2 // who begins changes
			rate, err := []*implementation{ours, real}[which].rate(ctx, op, f.Clients, each)
			if err != nil {
				return err
			}
			pair[which] = rate
		}
		if round > 0 {
			rates[0], rates[1] = append(rates[0], pair[0]), append(rates[1], pair[1])
			f.Spread = append(f.Spread, rounded(pair[0]/pair[1]))
		}
	}
	f.Ours, f.Real, f.Ratio = rounded(median(rates[0])), rounded(median(rates[1])), median(f.Spread)
	f.Met = f.Ratio >= f.Target
	return nil
}

// rate gives messages a second of so many clients on a queue that was filled afresh. Who finds it empty ends the round.
func (i *implementation) rate(ctx context.Context, op operation, clients int, each time.Duration) (float64, error) {
	first, err := i.refill(ctx, op.fill)
	if err != nil {
		return 0, err
	}
	next := atomic.Int64{}
	next.Store(first - 1)
	ctx, cancel := context.WithTimeout(ctx, each+time.Minute) // for a server that stands still
	defer cancel()
	var done atomic.Int64
	var over atomic.Bool
	var warm sync.WaitGroup
	begin, failures := make(chan struct{}), make(chan error, clients)
	var start time.Time
	for range clients {
		conn, err := i.pool.Acquire(ctx)
		if err != nil {
			return 0, err
		}
		warm.Add(1)
		safego.Go("a client of the benchmark", func() {
			defer conn.Release()
			err := work(ctx, conn, op, &next, new(atomic.Int64), warmUp)
			warm.Done()
			<-begin
			if err == nil {
				err = work(ctx, conn, op, &next, &done, func(int) bool { return over.Load() || time.Since(start) >= each })
			}
			over.Store(true)
			failures <- err
		})
	}
	warm.Wait()
	start = time.Now()
	close(begin)
	for range clients {
		if e := <-failures; e != nil {
			err = e
		}
	}
	return float64(done.Load()) / time.Since(start).Seconds(), err
}

// warmUp lets each session make its plans: the queue was truncated, which takes them away.
func warmUp(calls int) bool { return calls == 5 }

// work calls the operation until it is told to stop, or the queue is empty, and counts the messages.
func work(ctx context.Context, conn *pgxpool.Conn, op operation, next, done *atomic.Int64, stop func(calls int) bool) error {
	for calls := 0; !stop(calls); calls++ {
		n, err := op.call(ctx, conn, func() int64 { return next.Add(1) })
		if err != nil || n == 0 {
			return err
		}
		done.Add(int64(n))
	}
	return nil
}

// refill empties the queue and its archive, puts so many messages on it and gives the first one's id.
func (i *implementation) refill(ctx context.Context, messages int) (first int64, err error) {
	_, err = i.pool.Exec(ctx, `TRUNCATE pgmq.q_`+jobs+`, pgmq.a_`+jobs)
	if err != nil || messages == 0 {
		return 0, err
	}
	err = i.pool.QueryRow(ctx, `SELECT min(id) FROM pgmq.send_batch($1, array_fill($2::jsonb, ARRAY[$3::integer])) id`, jobs, body, messages).Scan(&first)
	return first, err
}

// withBoth runs f on both implementations, each with the queue that is measured and a connection for every client.
func (b *bench) withBoth(ctx context.Context, f func(ours, real *implementation) error) error {
	return withDatabase(ctx, b.server, migrate, func(ourURL string) error {
		return withDatabase(ctx, b.server, runScript(b.script), func(realURL string) error {
			ours, err := openImplementation(ctx, ourURL)
			if err != nil {
				return err
			}
			defer ours.pool.Close()
			real, err := openImplementation(ctx, realURL)
			if err != nil {
				return err
			}
			defer real.pool.Close()
			return f(ours, real)
		})
	})
}

func openImplementation(ctx context.Context, url string) (*implementation, error) {
	pool, err := openPool(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, `SELECT pgmq.create($1)`, jobs)
	return &implementation{pool: pool}, err
}
