// Command bench measures tasker-core on the server it is given and prints one JSON object a line on stdout.
//
//	bench -quick -database-url postgres://…
//	bench -figures '^latency' -real-pgmq pgmq.sql -database-url postgres://…
//	bench -pgmq -real-pgmq pgmq.sql -database-url postgres://…
//
// It makes databases of its own there, and drops them at the end. Figures that depend on the machine are paired with a
// floor, or with the real pgmq, measured in the same run, in turns, so that their ratio means something elsewhere too.
// Each family of figures is a file; all of them are listed in figures.go, and spec/performance.md says what they mean.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"
)

// bench is what was asked for.
type bench struct {
	server   string         // a database on the server to measure
	script   string         // installs the real pgmq; empty: there is none to compare with
	only     *regexp.Regexp // which figures
	quick    bool           // fewer tasks
	rounds   int            // how often each side of a comparison is measured, after once to fill caches
	long     time.Duration  // how long the figures last that are about time
	finished int            // tasks that lie beside in figures about full databases
	waiting  int            // and how many of them wait
}

func main() {
	var b bench
	flag.StringVar(&b.server, "database-url", os.Getenv("TASKER_TEST_DATABASE_URL"), "a database on the server to measure")
	flag.BoolVar(&b.quick, "quick", false, "the figures that matter most, in less than a minute")
	flag.IntVar(&b.rounds, "rounds", 5, "how often each side of a comparison is measured")
	flag.DurationVar(&b.long, "long", 5*time.Minute, "how long saturation, and each kind of old snapshot, lasts")
	flag.IntVar(&b.finished, "finished", 1_000_000, "finished tasks in the full database")
	flag.IntVar(&b.waiting, "waiting", 100_000, "waiting tasks in the full database, and ready steps of the large tenant")
	path := flag.String("real-pgmq", "", "the file that installs the real pgmq, to compare with")
	pgmq := flag.Bool("pgmq", false, "compare our pgmq with the real one, and nothing else")
	each := flag.Duration("each", 200*time.Millisecond, "how long each round of that comparison lasts")
	pattern := flag.String("figures", "", "only the figures that match this pattern: ^latency, steps.*/batch1$")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := b.prepare(*pattern, *path)
	switch {
	case err != nil:
	case *pgmq:
		err = b.compareQueues(ctx, *each)
	default:
		err = b.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) prepare(pattern, path string) (err error) {
	if b.server == "" {
		return errors.New("no server: give -database-url, or run it through `rake bench:quick`")
	}
	if b.quick {
		b.rounds = min(b.rounds, 3)
	}
	if b.only, err = regexp.Compile(pattern); err != nil || path == "" {
		return err
	}
	script, err := os.ReadFile(path)
	b.script = string(script)
	return err
}

// run measures what was asked for, one figure after the other, and prints each as soon as it is known. A figure that
// fails is told of, and the others go on.
func (b *bench) run(ctx context.Context) error {
	var failures []error
	for _, f := range figures() {
		if !b.only.MatchString(f.name) || b.quick && !f.quick {
			continue
		}
		lines, err := f.measure(b, ctx)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", f.name, err))
		}
		if ctx.Err() != nil {
			break
		}
		for _, l := range lines {
			l.Figure = f.name + l.Figure
			if err := printLine(l); err != nil {
				return err
			}
		}
	}
	return errors.Join(failures...)
}
