package orchestrator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// How long a message waits whose task or key somebody else held: at first, and when it has waited for long.
const (
	postponement        = 50 * time.Millisecond
	longestPostponement = time.Second
)

// admit turns requests from the queue into tasks. A request that is refused is kept with its reason in the dead
// letters; one that came before is answered with the task it made.
func (o *Orchestrator) admit(ctx context.Context, r *Report) error {
	return o.work(ctx, queue.TaskRequests, &o.requests, r, o.admitBatch)
}

// submission is a request on its way from the queue to a task.
type submission struct {
	message queue.Message
	request tasker.Request
}

func (o *Orchestrator) admitBatch(ctx context.Context, tx pgx.Tx, messages []queue.Message, done *Report) error {
	submissions, err := o.decodeRequests(ctx, tx, messages, done)
	if err != nil {
		return err
	}
	submissions, err = o.refuseUnfit(ctx, tx, submissions, done)
	if err != nil || len(submissions) == 0 {
		return err
	}
	return o.createTasks(ctx, tx, submissions, done)
}

func (o *Orchestrator) decodeRequests(ctx context.Context, tx pgx.Tx, messages []queue.Message, done *Report) ([]submission, error) {
	var good []submission
	for _, m := range messages {
		request, err := tasker.DecodeRequest(m.Body)
		if err != nil {
			if err = o.refuse(ctx, tx, queue.TaskRequests, m.ID, err, done); err != nil {
				return nil, err
			}
			continue
		}
		good = append(good, submission{m, request})
	}
	return good, nil
}

// refuseUnfit takes out the requests that name no known template or whose context does not fit its schema.
func (o *Orchestrator) refuseUnfit(ctx context.Context, tx pgx.Tx, submissions []submission, done *Report) ([]submission, error) {
	var fit []submission
	for _, s := range submissions {
		fitting, err := o.fit(ctx, tx, s.request)
		switch {
		case err == nil:
			fit = append(fit, submission{s.message, fitting})
		case isDataError(err):
			if err = o.refuse(ctx, tx, queue.TaskRequests, s.message.ID, err, done); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
	return fit, nil
}

func (o *Orchestrator) createTasks(ctx context.Context, tx pgx.Tx, submissions []submission, done *Report) error {
	requests := make([]tasker.Request, len(submissions))
	for i, s := range submissions {
		requests[i] = s.request
	}
	created, err := insert(ctx, tx, requests, false)
	if err != nil {
		return err
	}
	if err := o.handOutRoots(ctx, tx, created); err != nil {
		return err
	}
	var handled, held []int64
	for i, c := range created {
		id := submissions[i].message.ID
		switch {
		case c.TaskID == "":
			held = append(held, id)
		case c.Created:
			done.Admitted++
			handled = append(handled, id)
		default:
			done.Duplicates++
			handled = append(handled, id)
		}
	}
	done.Postponed += len(held)
	if _, err = queue.Delete(ctx, tx, queue.TaskRequests, handled); err != nil || len(held) == 0 {
		return err
	}
	return queue.Postpone(ctx, tx, queue.TaskRequests, held, postponement, longestPostponement)
}

// handOutRoots hands out the first steps of new tasks. When that fails for a reason that may lie in one of their
// namespaces, the tasks stand all the same, and enqueue hands out: a request is not to blame for what became of a queue.
func (o *Orchestrator) handOutRoots(ctx context.Context, tx pgx.Tx, created []Created) error {
	var fresh []string
	for _, c := range created {
		if c.Created {
			fresh = append(fresh, c.TaskID)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		_, err := savepoint.Exec(ctx, `SELECT tasker.hand_out_roots($1::uuid[])`, fresh)
		return err
	})
	if err != nil && (isPassing(err) || isTooMuch(err)) {
		return fmt.Errorf("hand out first steps: %w", err)
	}
	if err != nil && o.rootless != sqlstate(err) {
		o.config.Log("warn", "first steps left to enqueue", map[string]any{"error": err.Error()})
	}
	o.rootless = sqlstate(err)
	return nil
}

// Created is the answer to a request.
type Created struct {
	TaskID  string `json:"task_id"`
	Created bool   `json:"created"` // false: the request came before, and this is the task it made then
	State   string `json:"state"`
}

// CreateTask validates a request against its template and makes it a task, in a transaction of its own. It gives
// *tasker.Error for a request that is refused: unknown template, or a context that does not fit the schema.
func (o *Orchestrator) CreateTask(ctx context.Context, request tasker.Request) (created Created, err error) {
	if request, err = request.Normal(); err != nil {
		return created, err
	}
	err = o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		fitting, err := o.fit(ctx, tx, request)
		if err != nil {
			return err
		}
		all, err := insert(ctx, tx, []tasker.Request{fitting}, true)
		if err == nil {
			created = all[0]
		}
		return err
	})
	return created, err
}

// insert calls tasker.create_tasks. Patient waits for a key that somebody holds and hands the first steps out; otherwise the
// answer has no task id, and the first steps wait.
func insert(ctx context.Context, tx pgx.Tx, requests []tasker.Request, patient bool) ([]Created, error) {
	encoded, err := jsonx.Marshal(requests)
	if err != nil {
		return nil, fmt.Errorf("encode requests: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT coalesce(task_id::text, ''), coalesce(created, false), coalesce(state, '')
		FROM tasker.create_tasks($1::jsonb, $2, $2) ORDER BY ordinal`, string(encoded), patient)
	if err != nil {
		return nil, fmt.Errorf("create tasks: %w", err)
	}
	created, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Created, err error) {
		return c, row.Scan(&c.TaskID, &c.Created, &c.State)
	})
	if err != nil {
		return nil, fmt.Errorf("create tasks: %w", err)
	}
	return created, nil
}
