package orchestrator

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// transactionLimit bounds each of our transactions on our side. On the server's, begin says five seconds: a process that
// is stopped in the middle of one loses its locks. Ours is longer, so that the server is the one to say why.
const transactionLimit = 6 * time.Second

// begin opens a transaction with its limits in one round trip. SET LOCAL, because behind a PgBouncer in transaction
// mode settings of the session belong to somebody else.
var begin = pgx.TxOptions{BeginQuery: `BEGIN ISOLATION LEVEL READ COMMITTED;
	SET LOCAL statement_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '5s'; SET LOCAL TimeZone = 'UTC'`}

// inTransaction runs f in a transaction that commits when f gives no error. Refusals of our SQL functions come back as
// *tasker.Error.
func (o *Orchestrator) inTransaction(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, transactionLimit)
	defer cancel()
	return refusal(pgx.BeginTxFunc(ctx, o.pool, begin, func(tx pgx.Tx) error { return f(ctx, tx) }))
}

// refusalCodes are the SQLSTATEs that our functions raise.
var refusalCodes = map[string]tasker.Code{
	"TK400": tasker.CodeInvalid,
	"TK404": tasker.CodeNotFound,
	"TK409": tasker.CodeConflict,
}

func refusal(err error) error {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		if code, ok := refusalCodes[pg.Code]; ok {
			return &tasker.Error{Code: code, Message: pg.Message}
		}
	}
	return err
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
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23") ||
		strings.HasPrefix(pg.Code, "54"))
}

// isAnswer says whether the server said so; otherwise it is away, and asking it more would only take time.
func isAnswer(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && !strings.HasPrefix(pg.Code, "57P") && !strings.HasPrefix(pg.Code, "08")
}

// isTooMuch says whether a smaller batch may do what this one could not in its time (57014, our own limit) or memory
// (class 53).
func isTooMuch(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &pg) && (pg.Code == "57014" || strings.HasPrefix(pg.Code, "53"))
}
