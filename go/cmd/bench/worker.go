package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/queue"
)

// worker answers steps of a namespace, all with success, a batch at a time.
type worker struct {
	namespace string
	batch     int
	answered  atomic.Int64 // steps
	noted     func(steps []int64, at time.Time)
}

// answer is a step message and what is sent for it.
type answer struct {
	MsgID  int64            `json:"msg_id"`
	Result jsonx.RawMessage `json:"result"`
	step   int64
	body   []byte
}

func answerTo(id int64, body []byte) (answer, error) {
	var m struct {
		StepID  int64  `json:"step_id"`
		TaskID  string `json:"task_id"`
		Attempt int    `json:"attempt"`
	}
	if err := jsonx.Unmarshal(body, &m); err != nil {
		return answer{}, err
	}
	result := fmt.Sprintf(`{"protocol": 1, "step_id": %d, "task_id": %q, "attempt": %d, "status": "success",
		"results": {"result": 36}}`, m.StepID, m.TaskID, m.Attempt)
	return answer{MsgID: id, Result: []byte(result), step: m.StepID, body: body}, nil
}

// plain is a round of a worker that knows nothing but pgmq: read a batch, answer all of it in one transaction. It gives
// the first answer as a sample.
func (w *worker) plain(ctx context.Context, pool *pgxpool.Pool) (sample answer, err error) {
	messages, err := queue.Read(ctx, pool, queue.StepQueue(w.namespace), 30*time.Second, w.batch)
	if err != nil || len(messages) == 0 {
		return sample, err
	}
	results, ids := make([]string, len(messages)), make([]int64, len(messages))
	for i, m := range messages {
		a, err := answerTo(m.ID, m.Body)
		if err != nil {
			return sample, err
		}
		results[i], ids[i] = string(a.Result), m.ID
		if i == 0 {
			sample = a
		}
	}
	return sample, replyPlainly(ctx, pool, queue.StepResults, results, queue.StepQueue(w.namespace), ids)
}

// replyPlainly sends results to one queue and takes what they answer off another, in one transaction.
func replyPlainly(ctx context.Context, pool *pgxpool.Pool, to string, results []string, from string, ids []int64) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sendBatch, to, results); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, deleteBatch, from, ids)
		return err
	})
}

// announced is a round of a worker as the Ruby worker makes it: the start is announced with the read, which is two
// round trips in all. It gives how many steps there were.
func (w *worker) announced(ctx context.Context, reads, writes queue.Querier) (int, error) {
	answers, busy, err := w.read(ctx, reads)
	if err == nil && len(busy) > 0 {
		_, err = reads.Exec(ctx, `SELECT pgmq.set_vt($1, id, 1) FROM unnest($2::bigint[]) id`, queue.StepQueue(w.namespace), busy)
	}
	if err != nil || len(answers) == 0 {
		return 0, err
	}
	replies, err := jsonx.Marshal(answers)
	if err != nil {
		return 0, err
	}
	if _, err := writes.Exec(ctx, `SELECT count(*) FROM tasker.reply_steps($1, $2)`, w.namespace, string(replies)); err != nil {
		return 0, err
	}
	w.note(answers)
	return len(answers), nil
}

// read gives answers to the steps that may run, and the messages of those that somebody was changing: they come again.
func (w *worker) read(ctx context.Context, db queue.Querier) (answers []answer, busy []int64, err error) {
	rows, err := db.Query(ctx, `SELECT msg_id, answer, message FROM tasker.read_steps($1, 30, $2, 'bench')`, w.namespace, w.batch)
	if err != nil {
		return nil, nil, err
	}
	var id int64
	var start string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &start, &body}, func() error {
		switch start {
		case "started":
			a, err := answerTo(id, body)
			answers = append(answers, a)
			return err
		case "busy":
			busy = append(busy, id)
		}
		return nil
	})
	return answers, busy, err
}

func (w *worker) note(answers []answer) {
	now := time.Now()
	w.answered.Add(int64(len(answers)))
	if w.noted == nil {
		return
	}
	steps := make([]int64, len(answers))
	for i, a := range answers {
		steps[i] = a.step
	}
	w.noted(steps, now)
}

// serve works on connections of its own until ctx ends, resting where there is nothing to do until it hears of more. Like the
// Ruby worker it reads on one that does not wait for the disk: a lease may be lost.
func (w *worker) serve(ctx context.Context, url string) error {
	conn, err := listen(ctx, url, "tasker.steps."+w.namespace)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	if _, err := conn.Exec(ctx, `SET synchronous_commit = off`); err != nil {
		return err
	}
	replies, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer replies.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	for ctx.Err() == nil {
		n, err := w.announced(ctx, conn, replies)
		if err == nil && n == 0 {
			err = hear(ctx, conn)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("worker of %s: %w", w.namespace, err)
		}
	}
	return nil
}

func listen(ctx context.Context, url, channel string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize())
	return conn, err
}

// lookAgain is when to look although nothing was heard: nobody's figures should depend on it.
const lookAgain = time.Second

// hear waits for a notification.
func hear(ctx context.Context, conn *pgx.Conn) error {
	patience, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	_, err := conn.WaitForNotification(patience)
	if patience.Err() != nil && ctx.Err() == nil && pgconn.Timeout(err) {
		return nil
	}
	return err
}
