package schema

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Run is what migrate does with the text of one file.
func Run(ctx context.Context, conn *pgx.Conn, file, sql string) error {
	return inTransaction(ctx, conn, "migrate", func(ctx context.Context, tx pgx.Tx) error {
		return run(ctx, tx, part{file: file, sql: sql})
	})
}
