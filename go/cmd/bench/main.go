// Command bench measures tasker-core on the server it is given and prints one JSON object a line on stdout.
//
//	bench -quick -database-url postgres://…
//
// It makes a database of its own there, and drops it at the end. Figures that depend on the machine are paired with a
// floor measured in the same run, in turns with it, so that their ratio means something elsewhere too.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/internal/jsonx"
	"github.com/tasker-core/tasker-core/go/schema"
)

func main() {
	server := flag.String("database-url", os.Getenv("TASKER_TEST_DATABASE_URL"), "a database on the server to measure")
	quick := flag.Bool("quick", false, "one figure, in less than a minute")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *server, *quick); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, quick bool) error {
	if server == "" {
		return fmt.Errorf("no server: give -database-url, or run it through `rake bench:quick`")
	}
	rounds := 9
	if quick {
		rounds = 5
	}
	return withDatabase(ctx, server, func(databaseURL string) error {
		f, err := stepsVersusFloor(ctx, databaseURL, rounds)
		if err != nil {
			return err
		}
		line, err := jsonx.Marshal(f)
		if err != nil {
			return err
		}
		_, err = fmt.Println(string(line))
		return err
	})
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

// withDatabase runs f on a new migrated database, which is dropped afterwards.
func withDatabase(ctx context.Context, server string, f func(databaseURL string) error) error {
	u, err := url.Parse(server)
	if err != nil {
		return fmt.Errorf("parse database URL: %w", err)
	}
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connect to the server: %w", err)
	}
	defer admin.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the program ends
	name := fmt.Sprintf("tasker_bench_%d_%d", os.Getpid(), time.Now().Unix())
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	defer admin.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+name+" (FORCE)") //nolint:errcheck // the program ends
	u.Path = "/" + name
	if err := migrate(ctx, u.String()); err != nil {
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
