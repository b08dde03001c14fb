package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/safego"
	"github.com/tasker-core/tasker-core/go/schema"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// transactionLimit bounds each of our transactions on our side. On the server's, begin says five seconds: a process that
// is stopped in the middle of one loses its locks. Ours is longer, so that the server is the one to say why.
const transactionLimit = 6 * time.Second

// begin opens a transaction with its limits in one round trip, and asks whether the schema still serves this build: it
// may be migrated under us, and never is within a transaction that asked. SET LOCAL, because behind a PgBouncer in
// transaction mode settings of the session belong to somebody else.
var begin = pgx.TxOptions{BeginQuery: beginning + schema.RequireFace()}

// beginPass is the same for work over a queue. The plans that are made then are kept, and the tables grow: see steps_of.sql.
var beginPass = pgx.TxOptions{BeginQuery: beginning + `SET LOCAL enable_seqscan = off; ` + schema.RequireFace()}

const beginning = `BEGIN ISOLATION LEVEL READ COMMITTED;
	SET LOCAL statement_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL TimeZone = 'UTC';
	`

// errMigrating: what kept us waiting at the door is a migrate that takes longer than a tick may.
var errMigrating = errors.New("the schema is being migrated; this goes on by itself afterwards")

// inTransaction runs f in a transaction that commits when f gives no error. Refusals of our SQL functions come back as
// *tasker.Error, and what is wrong with the schema in schema.Check's words.
func (o *Orchestrator) inTransaction(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	return o.inTransactionOf(ctx, begin, f)
}

func (o *Orchestrator) inTransactionOf(ctx context.Context, options pgx.TxOptions, f func(context.Context, pgx.Tx) error) error {
	limited, cancel := context.WithTimeout(ctx, transactionLimit)
	defer cancel()
	begun := false
	err := pgx.BeginTxFunc(limited, o.pool, options, func(tx pgx.Tx) error {
		begun = true
		return f(limited, tx)
	})
	if err != nil && !begun {
		return o.whyNotBegun(ctx, err)
	}
	return refusal(err)
}

// whyNotBegun says what kept a transaction from its first statement.
func (o *Orchestrator) whyNotBegun(ctx context.Context, err error) error {
	ctx, cancel := context.WithTimeout(ctx, transactionLimit)
	defer cancel()
	switch {
	case schema.Unfit(err):
		if wrong := schema.Check(ctx, o.pool); wrong != nil {
			return wrong
		}
	case sqlstate(err) == "57014": // statement_timeout, and nothing else in begin waits
		return fmt.Errorf("%w: %w", errMigrating, err)
	}
	return err
}

// counting runs f, one pass, in a transaction, adds what it did to a report and tells of its dead letters, once that has committed.
func (o *Orchestrator) counting(ctx context.Context, r *Report, f func(context.Context, pgx.Tx, *Report) error) error {
	var done Report
	err := o.inTransactionOf(ctx, beginPass, func(ctx context.Context, tx pgx.Tx) error { return f(ctx, tx, &done) })
	if err != nil {
		return err
	}
	r.add(done)
	for _, l := range done.letters {
		o.config.Log("warn", "dead letter", map[string]any{"queue": l.queue, "msg_id": l.id, "reason": l.reason})
	}
	return nil
}

// isSchema says whether the schema keeps this build from working, so that no other stage can work either.
func isSchema(err error) bool {
	return errors.Is(err, errMigrating) || schema.Unusable(err)
}

// refusalCodes are the SQLSTATEs that our functions raise.
var refusalCodes = map[string]tasker.Code{
	"TK400": tasker.CodeInvalid,
	"TK404": tasker.CodeNotFound,
	"TK409": tasker.CodeConflict,
	"TK422": tasker.CodeRefused,
}

func refusal(err error) error {
	pg := (*pgconn.PgError)(nil)
	if !errors.As(err, &pg) {
		return err
	}
	code, ours := refusalCodes[pg.Code]
	if !ours {
		return poolerRemedy(err)
	}
	e := &tasker.Error{Code: code, Message: pg.Message}
	if standing := (tasker.Standing{}); jsonx.Unmarshal([]byte(pg.Detail), &standing) == nil && code == tasker.CodeRefused {
		e.Standing = &standing
	}
	return e
}

// isDataError says whether the data in hand is to blame, so that the same batch would fail again: class 22 (data
// exception), 23 (constraint), 54 (too large) and our own refusals. A lock not had, a lost connection, a full disk or
// a shutdown never are: they pass.
func isDataError(err error) bool {
	if refused := (*tasker.Error)(nil); errors.As(err, &refused) {
		return true
	}
	if scan := (pgx.ScanArgError{}); errors.As(err, &scan) {
		return true
	}
	return ofClass(err, "22", "23", "54")
}

// isAnswer says whether the server said so, or we panicked; otherwise it is away, and asking it more would only take time.
func isAnswer(err error) bool {
	if crash := (safego.Crash{}); errors.As(err, &crash) {
		return true
	}
	return sqlstate(err) != "" && !ofClass(err, "57P", "08")
}

// isTooMuch says whether a smaller batch may do what this one could not in its time (57014, our own limit) or memory
// (class 53).
func isTooMuch(err error) bool {
	if isSchema(err) {
		return false
	}
	return errors.Is(err, context.DeadlineExceeded) || ofClass(err, "57014", "53")
}

// sqlstate gives the code of what the server said; nothing when it was not the server.
func sqlstate(err error) string {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// ofClass says whether the server said something whose code begins in one of these ways.
func ofClass(err error, beginnings ...string) bool {
	code := sqlstate(err)
	return slices.ContainsFunc(beginnings, func(beginning string) bool { return strings.HasPrefix(code, beginning) })
}
