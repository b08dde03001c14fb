package schema

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// install runs the parts in order, those of our pgmq only where it is ours.
func install(ctx context.Context, tx pgx.Tx, parts []part) error {
	ours, known := false, false
	for _, p := range parts {
		if p.pgmq && !known {
			if err := queryRow(ctx, tx, build.setup("pgmq_is_ours")).Scan(&ours); err != nil {
				return fmt.Errorf("look whose pgmq it is: %w", err)
			}
			known = true
		}
		if p.pgmq && !ours {
			continue
		}
		if err := run(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

// installObjects replaces functions while callers may be at them, unless a function changed what it takes or gives.
func installObjects(ctx context.Context, tx pgx.Tx) error {
	err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error { return install(ctx, savepoint, build.replaced()) })
	var server *pgconn.PgError
	if errors.As(err, &server) && (server.Code == pgCannotReplace || server.Code == pgAnotherKind) {
		return install(ctx, tx, build.anew())
	}
	return err
}

// run sends a part as it is, all its statements at once.
func run(ctx context.Context, tx pgx.Tx, p part) error {
	results := tx.Conn().PgConn().Exec(ctx, p.sql)
	done := 0
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err == nil {
			done++
		}
	}
	if err := results.Close(); err != nil {
		return p.locate(err, done)
	}
	return nil
}

// locate adds to an error of the server's the file and the line, and what else the server said about it.
// The server gives a position only for what it could not parse or resolve; else the failed statement's first line
// is named.
func (p part) locate(err error, done int) error {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	start := statementStart(p.sql, done)
	if server.Position > 0 {
		start = len(string([]rune(p.sql)[:server.Position-1]))
	}
	line := 1 + strings.Count(p.sql[:start], "\n")
	return fmt.Errorf("%s:%d: %w%s", p.file, line, err, said(server))
}

func said(server *pgconn.PgError) string {
	var more strings.Builder
	for _, s := range []string{server.Detail, server.Hint, server.Where} {
		if s != "" {
			more.WriteString("\n  " + strings.ReplaceAll(s, "\n", "\n  "))
		}
	}
	return more.String()
}

// statementStart is where, after so many statements, the next one begins.
func statementStart(sql string, statements int) int {
	at := skipBlank(sql, 0)
	for i := at; i < len(sql) && statements > 0; {
		if sql[i] == ';' {
			statements--
			i = skipBlank(sql, i+1)
			at = i
			continue
		}
		i = tokenEnd(sql, i)
	}
	return min(at, len(sql))
}

// skipBlank steps over space and comments.
func skipBlank(sql string, i int) int {
	for i < len(sql) {
		switch {
		case strings.ContainsRune(" \t\r\n", rune(sql[i])):
			i++
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = after(sql, i+2, "*/")
		default:
			return i
		}
	}
	return i
}

var dollarTag = regexp.MustCompile(`^\$[A-Za-z_]*\$`)

// tokenEnd steps over one character, or over all of a comment, a quoted string or a quoted name.
func tokenEnd(sql string, i int) int {
	switch rest := sql[i:]; {
	case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
		return skipBlank(sql, i)
	case rest[0] == '\'' || rest[0] == '"':
		return after(sql, i+1, rest[:1])
	case rest[0] == '$':
		if tag := dollarTag.FindString(rest); tag != "" {
			return after(sql, i+len(tag), tag)
		}
	}
	return i + 1
}

// after is the place behind the next mark, or the end.
func after(sql string, i int, mark string) int {
	if found := strings.Index(sql[i:], mark); found >= 0 {
		return i + found + len(mark)
	}
	return len(sql)
}
