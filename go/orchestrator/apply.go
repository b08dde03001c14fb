package orchestrator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// apply turns results from the queue into transitions. Result, step state, the children's readiness, the task's final
// state, the freed steps' messages and the removal of the result are one transaction.
func (o *Orchestrator) apply(ctx context.Context, r *Report) error {
	return o.work(ctx, queue.StepResults, &o.results, r, o.applyBatch)
}

func (o *Orchestrator) applyBatch(ctx context.Context, tx pgx.Tx, messages []queue.Message, done *Report) error {
	replies, err := o.decodeResults(ctx, tx, messages, done)
	if err != nil || len(replies) == 0 {
		return err
	}
	found, err := holdSteps(ctx, tx, replies)
	if err != nil {
		return err
	}
	o.behind = done.full && found.now.Sub(messages[len(messages)-1].EnqueuedAt) > backlogAge
	done.Behind = o.behind
	b := decide(replies, found, o.config.MaxHint, rand.Float64, done)
	if err := o.refuseRead(ctx, tx, replies, b.busy, done); err != nil {
		return err
	}
	if err := postponeBusy(ctx, tx, b, done); err != nil {
		return err
	}
	return o.write(ctx, tx, b, done)
}

// reply is a result on its way from the queue to a transition.
type reply struct {
	msgID   int64
	result  tasker.Result
	refusal error // why it could not be read, though it says which attempt it answers
}

// decodeResults takes what it cannot read to the dead letters. When that at least says which attempt it answers, the
// attempt has failed for good: its worker is done with it, and nobody else would ever answer. Such a message stays where
// it is until its step is at hand.
func (o *Orchestrator) decodeResults(ctx context.Context, tx pgx.Tx, messages []queue.Message, done *Report) ([]reply, error) {
	var replies []reply
	for _, m := range messages {
		result, refusal := tasker.DecodeResult(m.Body)
		if refusal != nil {
			var readable bool
			if result, readable = tasker.RefusedResult(m.Body, refusal); !readable {
				if err := o.refuse(ctx, tx, queue.StepResults, m.ID, refusal, done); err != nil {
					return nil, err
				}
				continue
			}
		}
		replies = append(replies, reply{m.ID, result, refusal})
	}
	return replies, nil
}

// refuseRead takes what was decided about, but could not be read, to the dead letters.
func (o *Orchestrator) refuseRead(ctx context.Context, tx pgx.Tx, replies []reply, busy []int64, done *Report) error {
	for _, r := range replies {
		if r.refusal == nil || slices.Contains(busy, r.msgID) {
			continue
		}
		if err := o.refuse(ctx, tx, queue.StepResults, r.msgID, r.refusal, done); err != nil {
			return err
		}
	}
	return nil
}

// decision is what apply_results is told about one result; what the worker gave it takes from the message.
type decision struct {
	MsgID        int64               `json:"msg_id"`
	StepID       int64               `json:"step_id"`
	Attempt      int                 `json:"attempt"`
	Outcome      string              `json:"outcome"`
	Failures     int                 `json:"failures"`
	DelaySeconds float64             `json:"delay_seconds"`
	Error        *tasker.ResultError `json:"error"` // of a failure
	Reason       string              `json:"reason,omitempty"`
}

// newDecision writes a decision for SQL. That a step is complete needs no reason; a failure always has an error.
func newDecision(r reply, d tasker.Decision) decision {
	w := decision{MsgID: r.msgID, StepID: r.result.StepID, Attempt: r.result.Attempt, Outcome: string(d.Outcome),
		Failures: d.Failures, DelaySeconds: d.Delay.Seconds(), Reason: d.Reason}
	switch d.Outcome {
	case tasker.OutcomeComplete:
		w.Reason = ""
	case tasker.OutcomeError, tasker.OutcomeWaitingForRetry:
		if w.Error = r.result.Error; w.Error == nil {
			w.Error = &tasker.ResultError{Type: "UnknownError", Message: d.Reason}
		}
	case tasker.OutcomeSkipped, tasker.OutcomeStale:
	}
	return w
}

// count adds a decision to a report.
func count(d tasker.Decision, done *Report) {
	switch d.Outcome {
	case tasker.OutcomeStale:
		done.Stale++
		return
	case tasker.OutcomeWaitingForRetry:
		done.Retried++
	case tasker.OutcomeError:
		done.Failed++
	case tasker.OutcomeComplete, tasker.OutcomeSkipped:
	}
	done.Applied++
}

// decided is what becomes of a batch: what is written, which messages are dealt with and which come again.
type decided struct {
	decisions  []decision
	done       []int64 // every message that is dealt with, whether its result counted or not
	busy       []int64 // messages whose task or step somebody else holds
	namespaces []int32 // where steps may have become ready
}

// decide says what each result means for its step, in the order in which they came. A step takes at most one result of
// a batch: the first that counts makes the attempt of any other one stale.
func decide(replies []reply, f found, maxHint time.Duration, random func() float64, done *Report) decided {
	b := decided{decisions: []decision{}}
	seen := map[int32]bool{}
	for _, r := range replies {
		if f.busy(r.result) {
			b.busy = append(b.busy, r.msgID)
			continue
		}
		b.done = append(b.done, r.msgID)
		step, known := f.steps[r.result.StepID]
		d := tasker.Decision{Outcome: tasker.OutcomeStale}
		if known && step.taskID == r.result.TaskID && step.counts(r) {
			step.snapshot.MaxHint = maxHint
			d = tasker.Decide(step.snapshot, r.result, f.now, random())
		}
		count(d, done)
		if d.Outcome == tasker.OutcomeStale {
			continue
		}
		b.decisions = append(b.decisions, newDecision(r, d))
		step.snapshot.State = tasker.StepState(d.Outcome)
		f.steps[r.result.StepID] = step
		if !seen[step.namespaceID] {
			seen[step.namespaceID] = true
			b.namespaces = append(b.namespaces, step.namespaceID)
		}
	}
	return b
}

// counts says whether nothing has been taken for good that a result would overrule.
func (s foundStep) counts(r reply) bool { return s.replyID == nil || *s.replyID == r.msgID }

func postponeBusy(ctx context.Context, tx pgx.Tx, b decided, done *Report) error {
	if len(b.busy) == 0 {
		return nil
	}
	done.Postponed += len(b.busy)
	return queue.Postpone(ctx, tx, queue.StepResults, b.busy, postponement, longestPostponement)
}

// write calls apply_results, also when no result counted: the messages have to go. What the results free goes out along;
// when that fails, they stand all the same: they are not to blame, and enqueue tries by itself, in smaller portions. What
// is freed in a namespace that is watched waits for enqueue, too.
func (o *Orchestrator) write(ctx context.Context, tx pgx.Tx, b decided, done *Report) error {
	encoded, err := jsonx.Marshal(b.decisions)
	if err != nil {
		return fmt.Errorf("encode decisions: %w", err)
	}
	namespaces := slices.DeleteFunc(b.namespaces, func(id int32) bool { return o.watched[id] != nil })
	var written Report
	var trouble []string
	err = tx.QueryRow(ctx, `SELECT finished, enqueued, contended, trouble
		FROM tasker.apply_results($1::jsonb, $2, $3, $4, $5, coalesce($6::integer[], '{}'))`,
		string(encoded), b.done, o.config.Actor, o.handOut.limit(), o.portion(), namespaces).
		Scan(&written.Finished, &written.Enqueued, &written.Contended, &trouble)
	if err != nil {
		return fmt.Errorf("apply results: %w", err)
	}
	done.add(written)
	if trouble != nil {
		o.handOutFailed(namespaces, &pgconn.PgError{Severity: "ERROR", Code: trouble[0], Message: trouble[1]})
	}
	return nil
}
