// Package schema is the database: every table, function and view that tasker-core needs, embedded as SQL, and the
// way to bring a database there.
//
//	setup/        what migrate itself runs: its lock, its bookkeeping, the choice of pgmq
//	pgmq/         our SQL-only pgmq: schema.sql (types and tables), then one function with all its forms a file
//	tasker_pgmq/  what those functions share, in a schema of its own: clients take stock of schema pgmq
//	migrations/   NNNN_what.up.sql and NNNN_what.down.sql: rows change here, in order, once, never edited
//	functions/    one function a file, the file named for it
//	views/        one view a file, likewise
//
// Migrate runs all of it in one transaction: pending migrations first, then every trigger, view and function of
// schema tasker is installed again from its file. So a function's file is the truth, a changed signature needs no
// migration, and a file that was deleted takes its function along. A trigger therefore stands in the file of its
// function, and tables may not depend on our functions (no defaults, checks or indexes that call them).
//
// The digest of all the SQL is recorded. While it equals this build's, Migrate does nothing but read it.
//
// Processes of other builds may be at work meanwhile. Whether they fit is not a question of the digest but of the face,
// the number of the contract between processes and schema: see functions/face.sql, and Check.
//
// The queues are pgmq's. If the server offers the extension, migrate creates it; else it installs our own SQL-only
// implementation of its API; a pgmq that somebody else installed is used as it is and never changed.
package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	oldestServer       = 130000
	pgLockNotAvailable = "55P03"
	pgDependentObjects = "2BP01"
	pgCannotReplace    = "42P13"
	pgAnotherKind      = "42809"
)

// Refused is the SQLSTATE of a schema that does not serve this build.
const Refused = "TK426"

// Face is the number of the contract with the schema for which this build was made. functions/face.sql says when to
// raise it.
const Face = 1

// What keeps a database from being used; Check and Migrate wrap them in a message that names the remedy.
var (
	// ErrAbsent: the database was never migrated.
	ErrAbsent = errors.New("schema tasker is absent")
	// ErrOlder: the database was migrated by a build that is too old to serve this one.
	ErrOlder = errors.New("schema tasker is older than this build")
	// ErrNewer: the database was migrated by a newer build, and does not serve this one any more.
	ErrNewer = errors.New("schema tasker is newer than this build")
	// ErrReplica: the server is a hot standby, or another one that only reads.
	ErrReplica = errors.New("the server is a replica")
	// ErrServerTooOld: the server is older than PostgreSQL 13.
	ErrServerTooOld = errors.New("the server is too old")
)

// Querier is a connection, a pool or a transaction of pgx.
type Querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Version is the number of this build's last migration.
func Version() int { return len(build.migrations) }

// Digest identifies all SQL of this build.
func Digest() string { return build.digest }

// Migrate brings the database to this build: it creates what is absent, runs pending migrations and installs all
// functions and views. It may be called at any time, by many at once, and does nothing when nothing changed.
// It refuses a replica, a server older than PostgreSQL 13 and a database that a newer build migrated.
// The connection must not be in a transaction.
func Migrate(ctx context.Context, conn *pgx.Conn) error {
	now, err := look(ctx, conn)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if now.digest == Digest() {
		return nil
	}
	return inTransaction(ctx, conn, "migrate", migrate)
}

func migrate(ctx context.Context, tx pgx.Tx) error {
	now, err := look(ctx, tx) // again, now under the lock
	if err != nil {
		return err
	}
	if now.digest == Digest() {
		return nil
	}
	if now.isNewer() {
		return now.newer()
	}
	if err := install(ctx, tx, build.rows(now.version)); err != nil {
		return err
	}
	return installObjects(ctx, tx)
}

// Down removes everything that Migrate created, all tasks and, where pgmq is our own, all queues. For tests.
func Down(ctx context.Context, conn *pgx.Conn) error {
	return inTransaction(ctx, conn, "migrate down", func(ctx context.Context, tx pgx.Tx) error {
		now, err := look(ctx, tx)
		if err != nil || !now.exists {
			return err
		}
		if now.isNewer() {
			return now.newer()
		}
		return install(ctx, tx, build.downParts(now.version))
	})
}

// Check says whether the database serves this build: nil, or an error that tells what is wrong and the remedy. Another
// build may have migrated it, also a newer one: what counts is that it serves this build's face.
func Check(ctx context.Context, db Querier) error {
	now, err := look(ctx, db)
	switch {
	case err != nil:
		return fmt.Errorf("check schema: %w", err)
	case !now.exists:
		return fmt.Errorf("check schema: %w: run `tasker migrate`", ErrAbsent)
	case now.digest == "":
		return fmt.Errorf("check schema: %w: its queues are not there, as after a restore without schema pgmq: run `tasker migrate`", ErrAbsent)
	case now.face == 0:
		return fmt.Errorf("check schema: %w: it has no face, this process needs face %d: run `tasker migrate`", ErrOlder, Face)
	}
	return now.explain(requireFace(ctx, db))
}

// requireFace asks the schema itself, which knows whom it serves.
func requireFace(ctx context.Context, db Querier) error {
	var served any
	return db.QueryRow(ctx, RequireFace(), pgx.QueryExecModeSimpleProtocol).Scan(&served)
}

// RequireFace is a statement that fails in a database that does not serve this build, or no longer does. Until its
// transaction ends, no migrate exchanges functions.
func RequireFace() string { return fmt.Sprintf("SELECT tasker.require_face(%d)", Face) }

// Unusable says whether the schema, or the server it is on, keeps this build from working: Check and Migrate said so.
func Unusable(err error) bool {
	for _, reason := range []error{ErrAbsent, ErrOlder, ErrNewer, ErrReplica, ErrServerTooOld} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// Unfit says whether a statement failed because of the schema: it refused our face, or what the statement names is not
// there. Check then says more.
func Unfit(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code {
	case Refused, "3F000", "42883", "42P01", "42703": // no such schema, function, table, column
		return true
	}
	return false
}

// installed is what look finds.
type installed struct {
	exists  bool
	version int
	digest  string
	face    int // 0: from before there were faces
}

// isNewer says whether a migrate by this build would take something away.
func (i installed) isNewer() bool { return i.version > Version() || i.face > Face }

func (i installed) newer() error {
	return fmt.Errorf("%w: it is at version %d with face %d, and this build knows version %d and face %d: "+
		"use the tasker-core that migrated it, or a later one", ErrNewer, i.version, i.face, Version(), Face)
}

// explain says which of the two is older, after what the schema itself said about our face.
func (i installed) explain(err error) error {
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &server) || server.Code != Refused:
		return fmt.Errorf("check schema: %w", err)
	case i.face < Face:
		return fmt.Errorf("check schema: %w: %s", ErrOlder, server.Message)
	}
	return fmt.Errorf("check schema: %w: %s", ErrNewer, server.Message)
}

// look reads what kind of server this is, and what is installed. It takes no lock that anybody waits for.
func look(ctx context.Context, db Querier) (installed, error) {
	var now installed
	var replica, faced bool
	var number int
	var name string
	err := queryRow(ctx, db, build.setup("server")).Scan(&replica, &number, &name, &now.exists, &faced)
	switch {
	case err != nil:
		return now, fmt.Errorf("look at the server: %w", err)
	case number < oldestServer:
		return now, fmt.Errorf("%w: it is PostgreSQL %s: use 13 or newer", ErrServerTooOld, name)
	case replica:
		return now, fmt.Errorf("%w (pg_is_in_recovery): connect to the primary", ErrReplica)
	case !now.exists:
		return now, nil
	}
	if err := queryRow(ctx, db, build.setup("installed")).Scan(&now.digest, &now.version); err != nil {
		return now, fmt.Errorf("look at schema tasker: %w", err)
	}
	if faced {
		if err := queryRow(ctx, db, build.setup("face")).Scan(&now.face); err != nil {
			return now, fmt.Errorf("look at the face of schema tasker: %w", err)
		}
	}
	return now, nil
}

// queryRow prepares nothing, so that a pooler between us and the server does not matter.
func queryRow(ctx context.Context, db Querier, p part) pgx.Row {
	return db.QueryRow(ctx, p.sql, pgx.QueryExecModeSimpleProtocol)
}

// inTransaction runs work in one transaction under migrate's lock.
func inTransaction(ctx context.Context, conn *pgx.Conn, name string, work func(context.Context, pgx.Tx) error) error {
	// Read committed whatever the role's default is: what was installed while we waited for the lock must be seen.
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}
	err := pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) error {
		if err := run(ctx, tx, build.setup("open")); err != nil {
			return err
		}
		return work(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("%s: %s%w", name, remedy(err), err)
	}
	return nil
}

// remedy is what to do about a refusal of the server's for which its own words do not suffice.
func remedy(err error) string {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return ""
	}
	switch server.Code {
	case pgLockNotAvailable:
		return "another session holds a lock that is needed, nothing was changed: " +
			"end long transactions (pg_stat_activity) and run `tasker migrate` again: "
	case pgDependentObjects:
		return "objects of yours depend on ours, nothing was changed: " +
			"drop them, run `tasker migrate`, and create them again: "
	}
	return ""
}
