// Command bench measures tasker-core on the server it is given and prints one JSON object a line on stdout.
//
//	bench -quick -database-url postgres://…
//	bench -real-pgmq pgmq.sql -database-url postgres://…
//
// It makes databases of its own there, and drops them at the end. Figures that depend on the machine are paired with a
// floor, or with the real pgmq, measured in the same run, in turns, so that their ratio means something elsewhere too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/schema"
)

func main() {
	server := flag.String("database-url", os.Getenv("TASKER_TEST_DATABASE_URL"), "a database on the server to measure")
	quick := flag.Bool("quick", false, "one figure, in less than a minute")
	realPgmq := flag.String("real-pgmq", "", "compare our pgmq with the real one, which this file installs")
	each := flag.Duration("each", 200*time.Millisecond, "how long each round of that comparison lasts")
	figures := flag.String("figures", "", "of that comparison, only the figures that match this pattern: name/clients, pgmq/read.*/64")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := errors.New("no server: give -database-url, or run it through `rake bench:quick`")
	switch {
	case *server == "":
	case *realPgmq != "":
		err = comparePgmq(ctx, *server, *realPgmq, *each, *figures)
	default:
		err = run(ctx, *server, *quick)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, quick bool) error {
	rounds := 9
	if quick {
		rounds = 5
	}
	return withDatabase(ctx, server, migrate, func(databaseURL string) error {
		f, err := stepsVersusFloor(ctx, databaseURL, rounds)
		if err != nil {
			return err
		}
		return printLine(f)
	})
}

func comparePgmq(ctx context.Context, server, path string, each time.Duration, figures string) error {
	only, err := regexp.Compile(figures)
	if err != nil {
		return err
	}
	script, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return compareQueues(ctx, server, string(script), each, only)
}

// figure is one line of the benchmark. Spread holds the ratio of every round, in order.
type figure struct {
	Figure string    `json:"figure"`
	Value  float64   `json:"value"`
	Unit   string    `json:"unit"`
	Floor  float64   `json:"floor"`
	Ratio  float64   `json:"ratio"`
	Target float64   `json:"target"`
	Met    bool      `json:"met"`
	N      int       `json:"n"`
	Spread []float64 `json:"spread"`
	Pgmq   string    `json:"pgmq"` // whose functions made the floor
}

// withDatabase runs f on a new database, which is furnished before and dropped afterwards.
func withDatabase(ctx context.Context, server string, furnish func(context.Context, string) error, f func(databaseURL string) error) error {
	u, err := url.Parse(server)
	if err != nil {
		return fmt.Errorf("parse database URL: %w", err)
	}
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connect to the server: %w", err)
	}
	defer admin.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the program ends
	name := fmt.Sprintf("tasker_bench_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	defer admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+name+" (FORCE)") //nolint:errcheck // the program ends
	u.Path = "/" + name
	if err := furnish(ctx, u.String()); err != nil {
		return err
	}
	return f(u.String())
}

func migrate(ctx context.Context, databaseURL string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("connect to the new database: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // it has done its work
	return schema.Migrate(ctx, conn)
}
