package orchestrator

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// execMode is how statements are sent. A prepared statement belongs to a session of the server's, and behind a pooler in
// transaction mode the next transaction gets another session. Without them only the types of a statement are kept, here
// and not there.
func (c Config) execMode(otherwise pgx.QueryExecMode) pgx.QueryExecMode {
	if c.Unprepared {
		return pgx.QueryExecModeCacheDescribe
	}
	return otherwise
}

// poolerRemedy explains what the server says when a pooler in transaction mode stands between: it does not know a
// statement that was prepared (26000), or knows one that was not (42P05).
func poolerRemedy(err error) error {
	if ofClass(err, "26000", "42P05") {
		return fmt.Errorf("prepared statements do not reach a session of their own, as behind PgBouncer in transaction mode: "+
			"set prepared_statements to false: %w", err)
	}
	return err
}
