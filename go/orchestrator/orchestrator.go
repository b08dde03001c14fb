// Package orchestrator decides what happens next.
//
// One Tick is one pass over everything that can move: admit turns requests into tasks, apply turns results into
// transitions, brings tasks with nothing left to do to rest and hands their freed steps out, enqueue hands out what is
// due or was held back. Each stage is a file, a transaction and a log line. Run only repeats the tick: when somebody
// notifies, when the next retry is due, and at the poll interval, so that a lost notification costs time and nothing
// else.
//
// Any number of orchestrators may run. There is no leader and nobody owns a task: row locks with SKIP LOCKED, held for
// one short transaction, are the claim. A process killed at any instruction leaves a transaction that rolls back.
//
// The rules that need one row, such as whether a result counts or when a step is tried again, are in package tasker
// and know neither clock nor database. What concerns many rows is a SQL function in package schema. This package is
// the order in which they happen.
package orchestrator

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/schema"
)

// Defaults of a Config.
const (
	DefaultPoolSize     = 4
	DefaultBatchSize    = 100
	DefaultPollInterval = 500 * time.Millisecond

	DefaultSweepInterval = time.Minute
	DefaultLease         = 30 * time.Second
)

// openLimit is how long Open waits at most for one of several hosts to answer, and then for a migrate that is at work.
const openLimit = 30 * time.Second

// Config is what an orchestrator needs to know. Nothing is read from the environment.
type Config struct {
	DatabaseURL   string        // where the tasks are; required
	PoolSize      int           // connections at most, besides one for LISTEN; defaults to DefaultPoolSize
	BatchSize     int           // messages a stage takes at a time; defaults to DefaultBatchSize
	PollInterval  time.Duration // how long to rest at most when nobody notifies; defaults to DefaultPollInterval
	MaxHint       time.Duration // how far a worker's hint or Retry-After is followed; defaults to tasker.DefaultMaxHint
	SweepInterval time.Duration // how often to look for what got lost; defaults to DefaultSweepInterval
	Lease         time.Duration // how long a step may lack a message before it gets another; defaults to DefaultLease
	Actor         string        // who we are in the history; defaults to orchestrator@host:pid
	Unmigrated    bool          // do not ask for the schema at Open: Migrate comes later
	Unprepared    bool          // prepare no statements: behind a pooler in transaction mode

	// Log gets one event a stage that did something, and one an error. Nil: silence.
	Log func(level, message string, attributes map[string]any)
	// Dialed sees every new socket to the database and may wrap it. Nil: nobody looks.
	Dialed func(net.Conn) net.Conn
}

// Orchestrator moves tasks forward. Its methods may be called from several goroutines at once.
type Orchestrator struct {
	config    Config
	pool      *pgxpool.Pool
	templates templateCache

	ticking  sync.Mutex         // one tick at a time
	requests batch              // how many requests admit takes
	results  batch              // how many results apply takes
	handOut  batch              // how many steps go out at a time
	behind   bool               // results wait for longer than they should
	sweepAt  time.Time          // when the next sweep is due
	watched  map[int32]*watched // namespaces that are handed out by themselves
	sweeps   map[int32]*batch   // namespaces in which a sweep was too much, and how much it may be
	rootless string             // the SQLSTATE of why the first steps of new tasks were left to enqueue, to tell it once
	// until when every pass is guarded
	guardedUntil time.Time
	ticks        atomic.Int64
	last         atomic.Pointer[outcome] // of the newest tick

	wake      chan struct{} // somebody notified
	announced atomic.Bool   // of a result
	mu        sync.Mutex    // guards current
	current   *loop         // nil while stopped
}

// Open connects to the database and checks that its schema is the one this build speaks.
func Open(ctx context.Context, c Config) (*Orchestrator, error) {
	c = c.withDefaults()
	pool, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	o := &Orchestrator{config: c, pool: pool, wake: make(chan struct{}, 1), watched: map[int32]*watched{}, sweeps: map[int32]*batch{}}
	o.requests, o.results = batch{full: c.BatchSize}, batch{full: c.BatchSize}
	o.handOut = batch{full: c.BatchSize * enqueueFactor}
	if c.Unmigrated {
		return o, nil
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if err := schema.Check(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return o, nil
}

func (c Config) withDefaults() Config {
	c.PoolSize = positive(c.PoolSize, DefaultPoolSize)
	c.BatchSize = positive(c.BatchSize, DefaultBatchSize)
	c.PollInterval = positive(c.PollInterval, DefaultPollInterval)
	c.SweepInterval = positive(c.SweepInterval, DefaultSweepInterval)
	c.Lease = positive(c.Lease, DefaultLease)
	if c.Actor == "" {
		host, _ := os.Hostname() //nolint:errcheck // without a name the pid has to do
		c.Actor = fmt.Sprintf("orchestrator@%s:%d", host, os.Getpid())
	}
	if c.Log == nil {
		c.Log = func(string, string, map[string]any) {}
	}
	return c
}

func positive[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// connect opens the pool. Keepalives end what a cut cable leaves behind; prepared statements are kept by pgx, unless c says
// that there are none.
func connect(ctx context.Context, c Config) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(c.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("parse database URL: %w", err)
	}
	config.MaxConns = int32(c.PoolSize) //nolint:gosec // a pool of two thousand million is refused by PostgreSQL
	config.ConnConfig.DialFunc = dial(c.Dialed)
	config.ConnConfig.DefaultQueryExecMode = c.execMode(config.ConnConfig.DefaultQueryExecMode)
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}

func dial(dialed func(net.Conn) net.Conn) func(context.Context, string, string) (net.Conn, error) {
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil || dialed == nil {
			return conn, err
		}
		return dialed(conn), nil
	}
}

// Close stops the loop, if it runs, without waiting for more than the tick in hand, and closes the pool as soon as the
// transactions in hand have ended.
func (o *Orchestrator) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), transactionLimit)
	defer cancel()
	_ = o.Stop(ctx) //nolint:errcheck // a tick that does not end in time gets no connection for its next transaction
	o.pool.Close()
}

// Migrate brings the schema to what this build speaks.
func (o *Orchestrator) Migrate(ctx context.Context) error {
	return o.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return schema.Migrate(ctx, c.Conn()) })
}

// GivePgmqUp lets the extension take the place of our SQL-only pgmq, see [schema.GivePgmqUp].
func (o *Orchestrator) GivePgmqUp(ctx context.Context, script string) error {
	return o.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return schema.GivePgmqUp(ctx, c.Conn(), script) })
}

// TakePgmqBack lets our SQL-only pgmq take the place of the extension, see [schema.TakePgmqBack].
func (o *Orchestrator) TakePgmqBack(ctx context.Context) error {
	return o.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return schema.TakePgmqBack(ctx, c.Conn()) })
}
