package schema

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// GivePgmqUp lets the extension take our SQL-only pgmq's place, in one transaction: queues and archives stay as they are, and
// which queues there are, who is notified how often and who may do what is kept. A server without the
// extension can be given the script of the real one's SQL-only form instead, on one that has it script is empty.
func GivePgmqUp(ctx context.Context, conn *pgx.Conn, script string) error {
	real := []part{build.setup("pgmq_needs_extension"), build.setup("pgmq_save"), build.setup("pgmq_drop"), build.setup("pgmq_create_extension")}
	if script != "" {
		// It is written for a session as it comes.
		real = []part{build.setup("pgmq_save"), build.setup("pgmq_drop"),
			{file: "search_path", sql: "SET LOCAL search_path = DEFAULT"}, {file: "the script of pgmq", sql: script}, build.setup("open")}
	}
	return inTransaction(ctx, conn, "give pgmq up", func(ctx context.Context, tx pgx.Tx) error {
		if err := mayMove(ctx, tx, "own"); err != nil {
			return err
		}
		return move(ctx, tx, append(real, build.setup("pgmq_restore"), build.setup("choose_pgmq")))
	})
}

// TakePgmqBack lets our SQL-only pgmq take the place of the extension, or of one that somebody else installed, likewise. It is
// refused while that would lose something: topics, which ours does not have.
func TakePgmqBack(ctx context.Context, conn *pgx.Conn) error {
	return inTransaction(ctx, conn, "take pgmq back", func(ctx context.Context, tx pgx.Tx) error {
		if err := mayMove(ctx, tx, "extension", "foreign"); err != nil {
			return err
		}
		parts := []part{build.setup("pgmq_save"), build.setup("pgmq_drop"), build.setup("pgmq_make_ours"), build.setup("choose_pgmq")}
		return move(ctx, tx, append(append(parts, build.pgmq...), build.setup("pgmq_restore"), build.queueFunctions()))
	})
}

// mayMove looks whether this build migrated the database, and whether its pgmq is one of these.
func mayMove(ctx context.Context, tx pgx.Tx, from ...string) error {
	now, err := look(ctx, tx)
	switch {
	case err != nil:
		return err
	case now.digest != Digest():
		return fmt.Errorf("the database is not as this build migrates it: run `tasker migrate`")
	}
	var whose string
	if err := tx.QueryRow(ctx, "SELECT pgmq FROM tasker.installation", pgx.QueryExecModeSimpleProtocol).Scan(&whose); err != nil {
		return fmt.Errorf("look whose pgmq it is: %w", err)
	}
	for _, allowed := range from {
		if whose == allowed {
			return nil
		}
	}
	return fmt.Errorf("there is nothing to do: the pgmq of this database is %q already (tasker.installation)", whose)
}

// move runs the parts while no tick is at work, and makes what leans on pgmq again.
func move(ctx context.Context, tx pgx.Tx, parts []part) error {
	if err := install(ctx, tx, append([]part{build.setup("hold_ticks"), build.setup("remember"), build.setup("drop_views")}, parts...)); err != nil {
		return err
	}
	return installObjects(ctx, tx)
}
