package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/tasker"
)

const (
	createdInRound     = 4000 // tasks
	createdInStatement = 500
)

// way is how tasks are created.
type way struct {
	name  string
	tasks int     // in a round
	goal  float64 // tasks a second on two connections; 0 is none
	from  func(w *world, o *orchestrator.Orchestrator) func(ctx context.Context) (int, error)
}

// creationFigures: how many tasks of four steps are created in bulk a second. SQL makes the requests in the database; Go
// makes and encodes them first, as a program does that has something to say in each. One at a time is Orchestrator.CreateTask.
func creationFigures() (all []figure) {
	for _, clients := range []int{1, 2} {
		for _, way := range []way{
			{"sql", createdInRound, 15_000, fromSQL},
			{"go", createdInRound, 15_000, fromGo},
			{"one_at_a_time", createdInRound / 10, 0, oneAtATime},
		} {
			all = append(all, figure{fmt.Sprintf("creation/linear4/%s/connections%d", way.name, clients), way.goal > 0 && clients == 2,
				func(b *bench, ctx context.Context) ([]line, error) { return b.creation(ctx, way, clients) }})
		}
	}
	return all
}

func (b *bench) creation(ctx context.Context, way way, clients int) (lines []line, err error) {
	err = b.withWorld(ctx, func(w *world) error {
		o, err := w.open(ctx, orchestrator.Config{})
		if err != nil {
			return err
		}
		defer o.Close()
		rates, err := b.creating(ctx, clients, way.tasks, way.from(w, o))
		if err != nil {
			return err
		}
		l := measured("", "tasks/s", rates)
		if way.goal > 0 && clients == 2 {
			l = l.meant(valueAtLeast, way.goal)
		}
		lines = []line{l}
		return nil
	})
	return lines, err
}

// creating gives tasks a second of every round, after one that fills caches. Each call of create makes some.
func (b *bench) creating(ctx context.Context, clients, tasks int, create func(context.Context) (int, error)) (rates []float64, err error) {
	for round := range b.rounds + 1 {
		start := time.Now()
		var created atomic.Int64
		g := newGroup(ctx)
		for range clients {
			g.run("a client that creates", func(ctx context.Context) error {
				for created.Load() < int64(tasks) {
					n, err := create(ctx)
					if err != nil {
						return err
					}
					created.Add(int64(n))
				}
				return nil
			})
		}
		if err := g.wait(); err != nil {
			return nil, err
		}
		if round > 0 {
			rates = append(rates, perSecond(int(created.Load()), start))
		}
	}
	return rates, nil
}

func fromSQL(w *world, _ *orchestrator.Orchestrator) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		return createdInStatement, w.create(ctx, namespace, linear4, createdInStatement)
	}
}

func fromGo(w *world, _ *orchestrator.Orchestrator) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		requests := make([]tasker.Request, createdInStatement)
		for i := range requests {
			requests[i] = tasker.Request{Namespace: namespace, Name: linear4.name, Context: fmt.Appendf(nil, `{"even_number": %d}`, 2*i), Tags: []string{}}
		}
		encoded, err := jsonx.Marshal(requests)
		if err != nil {
			return 0, err
		}
		return createdInStatement, created(ctx, w.pool, string(encoded))
	}
}

// created reads the ids as a caller would.
func created(ctx context.Context, pool *pgxpool.Pool, requests string) error {
	rows, err := pool.Query(ctx, `SELECT ordinal, task_id::text, created FROM tasker.create_tasks($1::jsonb)`, requests)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func oneAtATime(_ *world, o *orchestrator.Orchestrator) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		_, err := o.CreateTask(ctx, tasker.Request{Namespace: namespace, Name: linear4.name, Context: []byte(`{"even_number": 6}`)})
		return 1, err
	}
}
