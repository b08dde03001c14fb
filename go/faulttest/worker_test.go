package faulttest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// worker reads, works and replies, by the three ways there are: by read_steps and reply_steps, as ours do, by nothing
// but pgmq, as any may, or by tasker.reply in the transaction of what it does.
type worker struct {
	pool      *pgxpool.Pool
	namespace string
	plain     bool
	exact     bool
	lease     int // seconds
	quantity  int
}

// message is a message in a worker's hands.
type message struct {
	id     int64
	readCt int
	answer string // what start_steps said
	body   []byte
}

// work runs rounds until ctx ends; what goes wrong is tried again.
func (w worker) work(ctx context.Context) {
	for ctx.Err() == nil {
		if n, err := w.round(ctx); err != nil || n == 0 {
			look(ctx)
		}
	}
}

// round reads a few messages and answers each.
func (w worker) round(ctx context.Context) (answered int, err error) {
	messages, err := w.read(ctx)
	if err != nil {
		return 0, err
	}
	for _, m := range messages {
		if m.answer != "started" {
			continue
		}
		if err := w.reply(ctx, m); err != nil {
			return answered, err
		}
		answered++
	}
	return answered, nil
}

func (w worker) read(ctx context.Context) ([]message, error) {
	sql := `SELECT msg_id, read_ct, answer, message FROM tasker.read_steps($1, $2, $3, 'worker')`
	if w.plain {
		sql = `SELECT msg_id, read_ct, 'started', message FROM pgmq.read($1 || '_queue', $2, $3)`
	}
	rows, err := w.pool.Query(ctx, sql, w.namespace, w.lease, max(w.quantity, 1))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m message, err error) {
		return m, row.Scan(&m.id, &m.readCt, &m.answer, &m.body)
	})
}

var errNotMine = errors.New("the message is not mine any more")

func (w worker) reply(ctx context.Context, m message) error {
	result, err := handle(m.body)
	if err != nil {
		return err
	}
	if w.exact {
		return w.replyExactly(ctx, m, result)
	}
	if !w.plain {
		_, err = w.pool.Exec(ctx, `SELECT tasker.reply_steps($1, jsonb_build_array(jsonb_build_object('msg_id', $2::bigint, 'result', $3::jsonb)))`,
			w.namespace, m.id, string(result))
		return err
	}
	err = pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pgmq.send('orchestration_step_results', $1::jsonb)`, string(result)); err != nil {
			return err
		}
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pgmq.delete($1 || '_queue', $2::bigint)`, w.namespace, m.id).Scan(&mine); err != nil || mine {
			return err
		}
		return errNotMine
	})
	if errors.Is(err, errNotMine) {
		return nil
	}
	return err
}

// handle gives a step's result: the names of all that it waited for, and its own. A step named "flaky" fails the first
// time. It reads strictly, and refuses to work without its parents' results.
func handle(body []byte) ([]byte, error) {
	m, err := tasker.DecodeStepMessage(body)
	if err != nil {
		return nil, err
	}
	if m.StepName == "flaky" && m.ExecutionContext.Step.Failures == 0 {
		return m.Answer(tasker.StatusFailed, nil).Encode()
	}
	names := []string{m.StepName}
	for _, ancestor := range m.ExecutionContext.Sequence {
		if ancestor.Results == nil {
			return nil, errors.New(m.StepName + " was sent without the result of " + ancestor.StepName)
		}
		names = append(names, ancestor.StepName)
	}
	results, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	return m.Answer(tasker.StatusSuccess, results).Encode()
}
