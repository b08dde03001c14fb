package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// plainWorker does the arithmetic of the conformance workflows with nothing but pgmq: read, then send and delete in
// one transaction. It is what a worker in any language may be.
type plainWorker struct {
	pool      *pgxpool.Pool
	namespace string
	lease     time.Duration
}

// run works until ctx ends. Messages that are not answered come again after their lease.
func (w plainWorker) run(ctx context.Context, t testing.TB) {
	for ctx.Err() == nil {
		n, err := w.round(ctx)
		if err != nil && ctx.Err() == nil {
			t.Errorf("worker: %v", err)
			return
		}
		if n == 0 {
			wait(ctx, 5*time.Millisecond)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// round reads a few messages and answers each.
func (w plainWorker) round(ctx context.Context) (int, error) {
	messages, err := queue.Read(ctx, w.pool, queue.StepQueue(w.namespace), w.lease, 7)
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		if err := w.answer(ctx, m); err != nil {
			return 0, err
		}
	}
	return len(messages), nil
}

var errNotMine = errors.New("the message is not mine any more")

// answer sends the result and deletes the message, together or not at all.
func (w plainWorker) answer(ctx context.Context, m queue.Message) error {
	result, err := arithmetic(m.Body)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := queue.Send(ctx, tx, queue.StepResults, result); err != nil {
			return err
		}
		if n, err := queue.Delete(ctx, tx, queue.StepQueue(w.namespace), []int64{m.ID}); err != nil || n == 1 {
			return err
		}
		return errNotMine
	})
	if errors.Is(err, errNotMine) {
		return nil
	}
	return err
}

// arithmetic multiplies what the parents gave, or the context's even_number, squares the product and says so in a
// result: as a JSON integer while it fits into 64 bits, beyond that as decimal text. It reads the message strictly, so
// it fails when the SQL that writes messages and the Go that describes them drift apart.
func arithmetic(body []byte) ([]byte, error) {
	m, err := tasker.DecodeStepMessage(body)
	if err != nil {
		return nil, err
	}
	factors, err := factors(m)
	if err != nil {
		return nil, err
	}
	product := big.NewInt(1)
	for _, factor := range factors {
		n, ok := new(big.Int).SetString(unquoted(factor), 10)
		if !ok {
			return nil, fmt.Errorf("step %s: %q is no integer", m.StepName, factor)
		}
		product.Mul(product, n)
	}
	product.Mul(product, product)
	results := json.RawMessage(product.String())
	if !product.IsInt64() {
		results = json.RawMessage(strconv.Quote(product.String()))
	}
	return m.Answer(tasker.StatusSuccess, results).Encode()
}

// factors are the results of the parents that the step's configuration names, or the number that the task was given.
func factors(m tasker.StepMessage) (factors []json.RawMessage, err error) {
	var config struct {
		Parents []string `json:"parents"`
	}
	if err = json.Unmarshal(m.StepPayload, &config); err != nil {
		return nil, err
	}
	given := map[string]json.RawMessage{}
	for _, ancestor := range m.ExecutionContext.Sequence {
		given[ancestor.StepName] = ancestor.Results
	}
	for _, parent := range config.Parents {
		factors = append(factors, given[parent])
	}
	if factors != nil {
		return factors, nil
	}
	var context struct {
		EvenNumber json.RawMessage `json:"even_number"`
	}
	err = json.Unmarshal(m.ExecutionContext.Task.Context, &context)
	return []json.RawMessage{context.EvenNumber}, err
}

func unquoted(number json.RawMessage) string {
	var text string
	if json.Unmarshal(number, &text) == nil {
		return text
	}
	return string(number)
}

// requireAccepted checks guarantees 2 and 3 over everything in the database: each step was completed by exactly one
// accepted result, and no attempt was enqueued twice.
func requireAccepted(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	var wrong int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM tasker.steps s WHERE s.state <> 'complete' OR
		(SELECT count(*) FROM tasker.step_transitions h WHERE h.step_id = s.step_id AND h.to_state = 'complete') <> 1`).Scan(&wrong))
	require.Zero(t, wrong, "steps without exactly one accepted completion")
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM (
		SELECT FROM tasker.step_transitions WHERE to_state = 'enqueued' AND from_state <> 'in_progress'
		GROUP BY step_id, attempt HAVING count(*) > 1) twice`).Scan(&wrong))
	require.Zero(t, wrong, "attempts that were enqueued twice")
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM tasker.dead_letters`).Scan(&wrong))
	require.Zero(t, wrong, "dead letters")
}
