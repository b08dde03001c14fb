package main

/*
#include "tasker.h"
*/
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/schema"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// The statuses of tasker.h.
const (
	statusOK          int32 = C.TASKER_OK
	statusError       int32 = C.TASKER_ERROR
	statusCancelled   int32 = C.TASKER_CANCELLED
	statusTimeout     int32 = C.TASKER_TIMEOUT
	statusClosed      int32 = C.TASKER_CLOSED
	statusBadHandle   int32 = C.TASKER_BAD_HANDLE
	statusBadArgument int32 = C.TASKER_BAD_ARGUMENT
	statusPanic       int32 = C.TASKER_PANIC
	statusNotReady    int32 = C.TASKER_NOT_READY
)

// libraryVersion is what tasker_version returns.
const libraryVersion = C.TASKER_VERSION

// fault is the error object of tasker.h.
type fault struct {
	Code      string          `json:"code"`
	Message   string          `json:"message"`
	Retryable bool            `json:"retryable"`
	SQLState  string          `json:"sqlstate,omitempty"`
	Details   []tasker.Detail `json:"details"`
	*tasker.Standing
}

func (f fault) reply(status int32) reply {
	if f.Details == nil {
		f.Details = []tasker.Detail{}
	}
	return reply{status, encode(f)}
}

// Why a context was ended, by us; each has a status of its own.
var (
	errCancelled = errors.New("the wait was cancelled; nothing was changed, so it may be repeated")
	errTimeout   = errors.New("the deadline passed before there was an answer")
	errClosed    = errors.New("the handle is closed; open a new one")
)

// faulty gives the reply for an error of a call that ran under ctx. A refusal says most, so it comes first; once we ended the
// context, whatever the work says about it only repeats our reason.
func faulty(ctx context.Context, err error) reply {
	if refusal := (*tasker.Error)(nil); errors.As(err, &refusal) {
		return fault{Code: string(refusal.Code), Message: refusal.Message, Details: refusal.Details, Standing: refusal.Standing}.reply(statusError)
	}
	if errors.Is(err, errTimeout) {
		return ended(err)
	}
	if ctx.Err() != nil {
		return ended(context.Cause(ctx))
	}
	return broken(err).reply(statusError)
}

// ended gives the reply for a context that we ended.
func ended(cause error) reply {
	switch {
	case errors.Is(cause, errCancelled):
		return fault{Code: "cancelled", Message: cause.Error(), Retryable: true}.reply(statusCancelled)
	case errors.Is(cause, errClosed):
		return fault{Code: "closed", Message: cause.Error()}.reply(statusClosed)
	default:
		return fault{Code: "timeout", Message: errTimeout.Error(), Retryable: true}.reply(statusTimeout)
	}
}

// broken describes an error that is no refusal: the database's, the network's, or our own.
func broken(err error) fault {
	var answered *pgconn.PgError
	var network net.Error
	var connect *pgconn.ConnectError
	switch {
	case schema.Unusable(err):
		return fault{Code: "database", Message: err.Error(), SQLState: schema.Refused}
	case errors.As(err, &answered):
		return fault{Code: "database", Message: err.Error(), SQLState: answered.Code, Retryable: passes(answered.Code)}
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, context.DeadlineExceeded), pgconn.SafeToRetry(err):
		return fault{Code: "database", Message: err.Error(), Retryable: true}
	default:
		return fault{Code: "internal", Message: err.Error()}
	}
}

// passing are the classes of SQLSTATE that pass without anybody changing anything: connection, rollback, resources,
// operator intervention, system.
var passing = []string{"08", "40", "53", "57", "58"}

const lockNotAvailable = "55P03"

func passes(sqlstate string) bool {
	return sqlstate == lockNotAvailable || slices.Contains(passing, sqlstate[:min(2, len(sqlstate))])
}

func badArgument(format string, values ...any) reply {
	return fault{Code: "bad_argument", Message: fmt.Sprintf(format, values...)}.reply(statusBadArgument)
}

func negative(name string, n int64) reply {
	return badArgument("%s is %d; it must not be negative", name, n)
}

// guard runs work and turns a panic of it into a reply, with the stack where it can be read.
func guard(work func() reply) (r reply) {
	defer func() {
		if value := recover(); value != nil {
			r = fault{Code: "panic", Message: fmt.Sprintf("a defect in tasker-core was caught: %v", value),
				Details: []tasker.Detail{{Message: string(debug.Stack())}}}.reply(statusPanic)
		}
	}()
	return work()
}

// done gives the reply that carries a value.
func done(body any) reply { return reply{statusOK, encode(body)} }

// encode gives compact JSON, with < and > left readable: the body is no web page.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic(fmt.Errorf("encode %T: %w", value, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// decode reads a JSON object strictly: whatever is not known, or could not be kept as it is, is refused. Empty input stands
// for {}.
func decode(input []byte, into any) *reply {
	if len(input) == 0 {
		return nil
	}
	if err := tasker.DecodeStrict("decode input", input, into); err != nil {
		r := badArgument("%v", err)
		return &r
	}
	return nil
}
