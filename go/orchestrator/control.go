package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// Control is what an operator wants done, to what, and who wants it and why. One of TaskID, Filter, Namespace and
// Everything says to what. The rules are SQL functions, tasker.control_tasks and its siblings; here is only the call.
type Control struct {
	Action     string          `json:"action"`     // cancel, retry, resolve; a step: also skip; all but a step: also pause, resume
	TaskID     string          `json:"task_id"`    // one task
	Step       string          `json:"step"`       // one step of that task, by its name
	Filter     json.RawMessage `json:"filter"`     // the tasks that tasker.find_tasks finds, oldest first
	Quantity   int             `json:"quantity"`   // how many of these at most; defaults to 1000
	Namespace  string          `json:"namespace"`  // to pause or to resume
	Everything bool            `json:"everything"` // to pause or to resume
	Actor      string          `json:"actor"`      // who; required
	Reason     string          `json:"reason"`     // why; goes into the history
	Results    json.RawMessage `json:"results"`    // of a step that is resolved: what the steps behind it see
}

// Controlled is how things stand after it.
type Controlled struct {
	State   string           `json:"state,omitempty"`   // of the one task or step
	Tasks   []ControlledTask `json:"tasks,omitzero"`    // for a filter: each that was found
	Changed *bool            `json:"changed,omitempty"` // for a namespace or everything: false when it was so already
}

// ControlledTask is how one of many tasks stands, and why it was refused, if it was.
type ControlledTask struct {
	TaskID  string `json:"task_id"`
	State   string `json:"state"`
	Refusal string `json:"refusal,omitempty"`
}

// Control does what an operator wants, in a transaction of its own. It gives a *tasker.Error when that is refused: with
// CodeRefused and a Standing when it is not possible from where the one task or step stands.
func (o *Orchestrator) Control(ctx context.Context, c Control) (done Controlled, err error) {
	err = o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, err = c.In(ctx, tx)
		return err
	})
	return done, err
}

// In does the same in the caller's transaction. No orchestrator is needed for it.
func (c Control) In(ctx context.Context, q queue.Querier) (done Controlled, err error) {
	if err := c.check(); err != nil {
		return done, err
	}
	switch {
	case given(c.Filter):
		done.Tasks, err = c.many(ctx, q)
	case c.Step != "":
		err = q.QueryRow(ctx, `SELECT tasker.control_step($1, $2::text::uuid, $3, $4, nullif($5, ''), $6::text::jsonb)`,
			c.Action, c.TaskID, c.Step, c.Actor, c.Reason, c.results()).Scan(&done.State)
	case c.TaskID != "":
		err = q.QueryRow(ctx, `SELECT tasker.control_task($1, $2::text::uuid, $3, nullif($4, ''))`,
			c.Action, c.TaskID, c.Actor, c.Reason).Scan(&done.State)
	case c.Everything:
		err = q.QueryRow(ctx, `SELECT tasker.turn_everything($1, $2, nullif($3, ''))`,
			c.Action == "pause", c.Actor, c.Reason).Scan(&done.Changed)
	default:
		err = q.QueryRow(ctx, `SELECT tasker.turn_namespace($1, $2, $3, nullif($4, ''))`,
			c.Namespace, c.Action == "pause", c.Actor, c.Reason).Scan(&done.Changed)
	}
	return done, c.explain(err)
}

// check refuses what no SQL function would see: an order that is no order.
func (c Control) check() error {
	targets := 0
	for _, said := range []bool{c.TaskID != "", given(c.Filter), c.Namespace != "", c.Everything} {
		if said {
			targets++
		}
	}
	switch whole := c.Namespace != "" || c.Everything; {
	case targets != 1:
		return tasker.Invalidf("say what to %s: one of task_id, filter, namespace and everything", c.Action)
	case c.Step != "" && c.TaskID == "":
		return tasker.Invalidf("a step is named together with its task_id")
	case given(c.Results) && c.Step == "":
		return tasker.Invalidf("results are those of one step: name it")
	case whole && c.Action != "pause" && c.Action != "resume":
		return tasker.Invalidf("a namespace, or everything, can be told to pause or to resume, not to %q", c.Action)
	}
	return nil
}

// many controls all tasks that the filter finds, in one statement.
func (c Control) many(ctx context.Context, q queue.Querier) ([]ControlledTask, error) {
	rows, err := q.Query(ctx, `SELECT task_id::text, state, coalesce(refusal, '') FROM tasker.control_tasks(
			$1, ARRAY(SELECT tasker.find_tasks($2::text::jsonb, coalesce(nullif($3, 0), 1000))), $4, nullif($5, ''))`,
		c.Action, string(c.Filter), c.Quantity, c.Actor, c.Reason)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ControlledTask])
}

// given says whether there is a value; a JSON null is none.
func given(value json.RawMessage) bool { return len(value) > 0 && string(value) != "null" }

// results gives what SQL takes: null when there are none.
func (c Control) results() *string {
	if !given(c.Results) {
		return nil
	}
	text := string(c.Results)
	return &text
}

// explain gives the refusals of our functions as *tasker.Error; a value that PostgreSQL cannot read, such as an id that is
// no UUID, is one as well.
func (c Control) explain(err error) error {
	if pg := (*pgconn.PgError)(nil); ofClass(err, "22") && errors.As(err, &pg) {
		return tasker.Invalidf("%s", pg.Message)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("control tasks: %w", refusal(err))
}
