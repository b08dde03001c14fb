package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

const (
	namespace    = "bench"
	batchSize    = 100
	tasksPerSide = 1500 // of four steps: one side of a round takes a second or two
	stepsPerTask = 4
)

// stepsVersusFloor gives orchestrated steps a second beside bare pgmq round trips a second. A step is two hops, step
// message and result, so its floor is two hops: send, read, delete, twice, by pgmq's own functions, in batches of the
// same size, with messages of the same content, on one connection as the worker has.
func stepsVersusFloor(ctx context.Context, databaseURL string, rounds int) (figure, error) {
	b, err := newBench(ctx, databaseURL)
	if err != nil {
		return figure{}, err
	}
	defer b.close()
	var rates, floors, ratios []float64
	for round := range rounds + 1 {
		steps, err := b.orchestrate(ctx)
		if err != nil {
			return figure{}, fmt.Errorf("orchestrate: %w", err)
		}
		floor, err := b.bareHops(ctx)
		if err != nil {
			return figure{}, fmt.Errorf("bare hops: %w", err)
		}
		if round == 0 {
			continue // fills caches and plans
		}
		rates, floors, ratios = append(rates, steps), append(floors, floor), append(ratios, rounded(steps/floor))
	}
	const target = 0.9
	ratio := median(ratios)
	return figure{
		Figure: fmt.Sprintf("steps_vs_floor/linear4/batch%d", batchSize), Value: rounded(median(rates)), Unit: "steps/s",
		Floor: rounded(median(floors)), Ratio: ratio, Target: target, Met: ratio >= target, N: rounds, Spread: ratios,
		Pgmq: b.pgmq,
	}, nil
}

// bench is what a round needs: an orchestrator that ticks, a worker's connection and samples of both messages.
type bench struct {
	orchestrator *orchestrator.Orchestrator
	pool         *pgxpool.Pool
	pgmq         string
	stepSample   string
	resultSample string
}

func newBench(ctx context.Context, databaseURL string) (*bench, error) {
	o, err := orchestrator.Open(ctx, orchestrator.Config{DatabaseURL: databaseURL, BatchSize: batchSize})
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	b := &bench{orchestrator: o, pool: pool}
	if _, err = o.RegisterTemplate(ctx, linear4()); err != nil {
		return nil, err
	}
	err = pool.QueryRow(ctx, `SELECT coalesce((SELECT 'extension ' || extversion FROM pg_extension WHERE extname = 'pgmq'),
		'SQL-only implementation of tasker-core')`).Scan(&b.pgmq)
	if err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, `SELECT pgmq.create('floor_steps'), pgmq.create('floor_results')`)
	return b, err
}

func (b *bench) close() {
	b.orchestrator.Close()
	b.pool.Close()
}

func linear4() tasker.Template {
	backoff := tasker.Backoff{Strategy: tasker.BackoffExponential, BaseSeconds: 1, MaxSeconds: 30}
	t := tasker.Template{Namespace: namespace, Name: "linear4", Version: "1.0.0"}
	for i := range stepsPerTask {
		step := tasker.Step{Name: fmt.Sprintf("step_%d", i), HandlerClass: "Square", MaxAttempts: 3, Retryable: true,
			Backoff: backoff, DependsOn: []string{}}
		if i > 0 {
			step.DependsOn = []string{t.Steps[i-1].Name}
		}
		t.Steps = append(t.Steps, step)
	}
	return t
}

// orchestrate creates tasks, outside the measured time, then works and ticks in turn until all of them are at rest. It
// gives steps a second.
func (b *bench) orchestrate(ctx context.Context) (float64, error) {
	_, err := b.pool.Exec(ctx, `SELECT count(*) FROM tasker.create_tasks((
		SELECT jsonb_agg(jsonb_build_object('namespace', $1::text, 'name', 'linear4', 'context', '{"even_number": 6}'::jsonb))
		FROM generate_series(1, $2::integer)))`, namespace, tasksPerSide)
	if err != nil {
		return 0, fmt.Errorf("create tasks: %w", err)
	}
	start := time.Now()
	for finished := 0; finished < tasksPerSide; {
		if err := b.work(ctx); err != nil {
			return 0, err
		}
		report, err := b.orchestrator.Tick(ctx)
		if err != nil {
			return 0, err
		}
		finished += report.Finished
	}
	return perSecond(tasksPerSide*stepsPerTask, start), nil
}

// work is a plain worker's round: read a batch, answer all of it in one transaction. It keeps a sample of both
// messages for the floor.
func (b *bench) work(ctx context.Context) error {
	messages, err := queue.Read(ctx, b.pool, queue.StepQueue(namespace), 30*time.Second, batchSize)
	if err != nil || len(messages) == 0 {
		return err
	}
	results := make([]string, len(messages))
	ids := make([]int64, len(messages))
	for i, m := range messages {
		if results[i], err = answer(m.Body); err != nil {
			return err
		}
		ids[i] = m.ID
	}
	b.stepSample, b.resultSample = string(messages[0].Body), results[0]
	return pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sendBatch, queue.StepResults, results); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, deleteBatch, queue.StepQueue(namespace), ids)
		return err
	})
}

func answer(message []byte) (string, error) {
	var m struct {
		StepID  int64  `json:"step_id"`
		TaskID  string `json:"task_id"`
		Attempt int    `json:"attempt"`
	}
	if err := jsonx.Unmarshal(message, &m); err != nil {
		return "", err
	}
	return fmt.Sprintf(`{"protocol": 1, "step_id": %d, "task_id": %q, "attempt": %d, "status": "success",
		"results": {"result": 36}}`, m.StepID, m.TaskID, m.Attempt), nil
}

const (
	sendBatch   = `SELECT count(*) FROM pgmq.send_batch($1, $2::text[]::jsonb[])`
	readBatch   = `SELECT msg_id, message FROM pgmq.read($1, 30, $2)`
	deleteBatch = `SELECT count(*) FROM pgmq.delete($1, $2::bigint[])`
)

// bareHops sends, reads and deletes as many step messages and as many results, and gives pairs of them a second.
func (b *bench) bareHops(ctx context.Context) (float64, error) {
	start := time.Now()
	for range tasksPerSide * stepsPerTask / batchSize {
		if err := b.bareHop(ctx, "floor_steps", b.stepSample); err != nil {
			return 0, err
		}
		if err := b.bareHop(ctx, "floor_results", b.resultSample); err != nil {
			return 0, err
		}
	}
	return perSecond(tasksPerSide*stepsPerTask, start), nil
}

func (b *bench) bareHop(ctx context.Context, name, body string) error {
	if _, err := b.pool.Exec(ctx, sendBatch, name, slices.Repeat([]string{body}, batchSize)); err != nil {
		return err
	}
	ids, err := messageIDs(ctx, b.pool, readBatch, name, batchSize)
	if err != nil {
		return err
	}
	_, err = b.pool.Exec(ctx, deleteBatch, name, ids)
	return err
}

func perSecond(n int, start time.Time) float64 { return float64(n) / time.Since(start).Seconds() }

func rounded(x float64) float64 { return float64(int(x*100+0.5)) / 100 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
