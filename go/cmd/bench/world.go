package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/schema"
)

// most is how many connections a pool of ours may have.
const most = 300

// world is a migrated database of its own, and connections to it.
type world struct {
	url  string
	pool *pgxpool.Pool
}

// withWorld runs f on a new world that knows every shape, in namespace bench.
func (b *bench) withWorld(ctx context.Context, f func(w *world) error) error {
	return withDatabase(ctx, b.server, migrate, func(url string) error {
		pool, err := openPool(ctx, url, nil)
		if err != nil {
			return err
		}
		defer pool.Close()
		w := &world{url, pool}
		if err := w.register(ctx, namespace); err != nil {
			return err
		}
		return f(w)
	})
}

// register makes every shape known in a namespace.
func (w *world) register(ctx context.Context, namespace string) error {
	for _, s := range shapes {
		form, err := s.template(namespace).Encode()
		if err != nil {
			return err
		}
		if _, err := w.pool.Exec(ctx, `SELECT * FROM tasker.register_template($1::jsonb)`, string(form)); err != nil {
			return fmt.Errorf("register %s: %w", s.name, err)
		}
	}
	return nil
}

// open opens an orchestrator on the world. Its defaults are those of the product.
func (w *world) open(ctx context.Context, c orchestrator.Config) (*orchestrator.Orchestrator, error) {
	c.DatabaseURL = w.url
	return orchestrator.Open(ctx, c)
}

// careful is how long an orchestrator leases what it takes after it starts, because nobody knows how the one before ended:
// longer than it says in its guard.go.
const careful = 11 * time.Second

// start runs an orchestrator until stop, and waits until it works as it does for the rest of its life.
func (w *world) start(ctx context.Context) (stop func(), err error) {
	o, err := w.open(ctx, orchestrator.Config{})
	if err != nil {
		return nil, err
	}
	o.Start()
	select {
	case <-time.After(careful):
		return o.Close, nil
	case <-ctx.Done():
		o.Close()
		return nil, ctx.Err()
	}
}

// chunk is how many steps are created in one statement at most.
const chunk = 5000

// create creates tasks of a shape in bulk.
func (w *world) create(ctx context.Context, namespace string, s shape, tasks int) error {
	for left := tasks; left > 0; {
		n := min(left, max(chunk/len(s.steps), 1))
		if _, err := w.pool.Exec(ctx, createTasks, namespace, s.name, n); err != nil {
			return fmt.Errorf("create tasks: %w", err)
		}
		left -= n
	}
	return nil
}

const createTasks = `SELECT count(*) FROM tasker.create_tasks((
	SELECT jsonb_agg(jsonb_build_object('namespace', $1::text, 'name', $2::text, 'context', '{"even_number": 6}'::jsonb))
	FROM generate_series(1, $3::integer)))`

// number asks for one number.
func (w *world) number(ctx context.Context, sql string, arguments ...any) (n float64, err error) {
	err = w.pool.QueryRow(ctx, sql, arguments...).Scan(&n)
	return n, err
}

// openPool opens a pool. Dialed may wrap each of its sockets.
func openPool(ctx context.Context, url string, dialed func(net.Conn) net.Conn) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = most
	if dialed != nil {
		dial := config.ConnConfig.DialFunc
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return dialed(conn), nil
		}
	}
	return pgxpool.NewWithConfig(ctx, config)
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

func runScript(script string) func(ctx context.Context, databaseURL string) error {
	return func(ctx context.Context, databaseURL string) error {
		conn, err := pgx.Connect(ctx, databaseURL)
		if err != nil {
			return err
		}
		defer conn.Close(ctx) //nolint:errcheck // it has done its work
		_, err = conn.PgConn().Exec(ctx, script).ReadAll()
		return err
	}
}
