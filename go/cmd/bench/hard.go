package main

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	invisible = 1_000_000
	looks     = 50
	churners  = 4
	churn     = time.Minute
)

// hardFigure is one line about a state in which queues get slow. Unit and target belong to ours.
type hardFigure struct {
	Figure string  `json:"figure"`
	Ours   float64 `json:"ours"`
	Real   float64 `json:"real"`
	Unit   string  `json:"unit"`
	Target float64 `json:"target"`
	Met    bool    `json:"met"`
}

// hardStates prints what reads cost with a million invisible messages in front and nothing or something behind them,
// and what an old snapshot leaves of the rate at which messages come and go.
func hardStates(ctx context.Context, ours, real *implementation, only *regexp.Regexp) error {
	lookPast := func(visible int) func(context.Context, *implementation) (float64, error) {
		return func(ctx context.Context, i *implementation) (float64, error) { return i.lookPast(ctx, visible) }
	}
	for _, state := range []struct {
		figure  hardFigure
		measure func(context.Context, *implementation) (float64, error)
		met     func(value, target float64) bool
	}{
		{hardFigure{Figure: "pgmq/read(10)/million_invisible_before_2000", Unit: "ms", Target: 5}, lookPast(2000), atMost},
		{hardFigure{Figure: "pgmq/read(10)/million_invisible", Unit: "ms", Target: 5}, lookPast(0), atMost},
		{hardFigure{Figure: "pgmq/churn_60s/old_snapshot_vs_none", Unit: "ratio", Target: 0.8}, churnRatio, atLeast},
	} {
		f := state.figure
		if !only.MatchString(f.Figure) {
			continue
		}
		var err error
		if f.Ours, err = state.measure(ctx, ours); err != nil {
			return err
		}
		if f.Real, err = state.measure(ctx, real); err != nil {
			return err
		}
		f.Met = state.met(f.Ours, f.Target)
		if err = printLine(f); err != nil {
			return err
		}
	}
	return nil
}

// lookPast gives the median of what a read costs, in milliseconds, in sessions that have read this queue and in new ones.
func (i *implementation) lookPast(ctx context.Context, visible int) (float64, error) {
	if _, err := i.refill(ctx, 0); err != nil {
		return 0, err
	}
	_, err := i.pool.Exec(ctx, `INSERT INTO pgmq.q_`+jobs+` (vt, message)
		SELECT now() + interval '1 day', $1::jsonb FROM generate_series(1, $2::integer)`, body, invisible)
	if err == nil && visible > 0 {
		_, err = i.pool.Exec(ctx, `SELECT pgmq.send_batch($1, array_fill($2::jsonb, ARRAY[$3::integer]))`, jobs, body, visible)
	}
	if err == nil {
		_, err = i.pool.Exec(ctx, `ANALYZE pgmq.q_`+jobs)
	}
	if err != nil {
		return 0, err
	}
	var took []float64
	for range looks {
		start := time.Now()
		if _, err = i.pool.Exec(ctx, `SELECT msg_id, message FROM pgmq.read($1, 30, 10)`, jobs); err != nil {
			return 0, err
		}
		took = append(took, milliseconds(time.Since(start)))
	}
	return rounded(median(took)), nil
}

// churnRatio lets messages come and go for a minute, and for another under a snapshot that is held open.
func churnRatio(ctx context.Context, i *implementation) (float64, error) {
	without, err := i.rate(ctx, comeAndGo, churners, churn)
	if err != nil {
		return 0, err
	}
	tx, err := i.pool.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it only looked
	if _, err = tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class`); err != nil {
		return 0, err
	}
	under, err := i.rate(ctx, comeAndGo, churners, churn)
	return rounded(under / without), err
}

var comeAndGo = operation{"churn", 0, func(ctx context.Context, conn *pgxpool.Conn, _ func() int64) (int, error) {
	if err := execute(ctx, conn, `SELECT pgmq.send($1, $2::jsonb)`, jobs, body); err != nil {
		return 0, err
	}
	_, err := readAndDelete(1)(ctx, conn, nil)
	return 1, err
}}
