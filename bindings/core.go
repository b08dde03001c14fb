package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tasker-core/tasker-core/go/orchestrator"
	"github.com/tasker-core/tasker-core/go/schema"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// core is the orchestrator as the C face uses it. Nothing else in this package knows it.
type core struct{ *orchestrator.Orchestrator }

// openConfig is what tasker_open takes; tasker.h says what each key means.
type openConfig struct {
	DatabaseURL    string `json:"database_url"`
	PoolSize       int    `json:"pool_size"`
	BatchSize      int    `json:"batch_size"`
	PollIntervalMS int64  `json:"poll_interval_ms"`
	MaxHintMS      int64  `json:"max_hint_ms"`
	Prepared       *bool  `json:"prepared_statements"`
	Unmigrated     bool   `json:"unmigrated"`
	TimeoutMS      int64  `json:"timeout_ms"`
}

func decodeOpenConfig(input []byte) (c openConfig, fault *reply) {
	if fault = decode(input, &c); fault != nil {
		return c, fault
	}
	var r reply
	switch {
	case c.DatabaseURL == "":
		r = badArgument("database_url is missing: give host, user and database in full, nothing is taken from the environment")
	case c.PoolSize < 0 || c.BatchSize < 0 || c.PollIntervalMS < 0 || c.MaxHintMS < 0:
		r = badArgument("pool_size, batch_size, poll_interval_ms and max_hint_ms must not be negative")
	default:
		return c, nil
	}
	return c, &r
}

func openCore(ctx context.Context, c openConfig, events *events) (*core, error) {
	o, err := orchestrator.Open(ctx, orchestrator.Config{
		DatabaseURL:  c.DatabaseURL,
		PoolSize:     c.PoolSize,
		BatchSize:    c.BatchSize,
		PollInterval: milliseconds(c.PollIntervalMS),
		MaxHint:      milliseconds(c.MaxHintMS),
		Unmigrated:   c.Unmigrated,
		Unprepared:   c.Prepared != nil && !*c.Prepared,
		Log: func(level, message string, attributes map[string]any) {
			events.add(event{Type: "log", At: time.Now(), Level: level, Message: message, Attributes: attributes})
		},
		Dialed: func(conn net.Conn) net.Conn { return remember(conn) },
	})
	return &core{o}, err
}

func (c *core) createTask(ctx context.Context, request []byte) (any, error) {
	decoded, err := tasker.DecodeRequest(request)
	if err != nil {
		return nil, err
	}
	return c.CreateTask(ctx, decoded)
}

// templateSource is how a template comes: as its author wrote it, or in normal form.
type templateSource struct {
	Source      string            `json:"source"`
	Environment string            `json:"environment"`
	Variables   map[string]string `json:"variables"`
	Template    rawObject         `json:"template"`
}

func (s templateSource) parse() (tasker.Template, error) {
	switch given := s.Template != nil; {
	case given && s.Source != "":
		return tasker.Template{}, tasker.Invalidf("give source or template, not both")
	case given:
		return tasker.DecodeTemplate(s.Template)
	case s.Source == "":
		return tasker.Template{}, tasker.Invalidf("give source (YAML or JSON text) or template (normal form)")
	default:
		return tasker.ParseTemplate([]byte(s.Source), s.Environment, s.Variables)
	}
}

func (c *core) registerTemplate(ctx context.Context, s templateSource) (any, error) {
	template, err := s.parse()
	if err != nil {
		return nil, err
	}
	return c.RegisterTemplate(ctx, template)
}

// controlRequest is what an operator wants done; tasker.h says what each key means.
type controlRequest = orchestrator.Control

// invalidText is the SQLSTATE of a text that is no value of its type.
const invalidText = "22P02"

func (c *core) waitFor(ctx context.Context, taskID string) (any, error) {
	state, err := c.Wait(ctx, taskID)
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && refused.Code == invalidText {
		err = tasker.Invalidf("%q is no task id; use the one that create_task gave", taskID)
	}
	return map[string]string{"task_id": taskID, "state": state}, err
}

func migrationSQL() string { return schema.SQL() }

// replayRequest and purgeRequest are what is done about dead letters; tasker.h says what each key means.
type replayRequest struct {
	IDs    []int64 `json:"dead_letter_ids"`
	Actor  string  `json:"actor"`
	Reason string  `json:"reason"`
}

type purgeRequest struct {
	OlderThanMS *int64 `json:"older_than_ms"`
	Quantity    int    `json:"quantity"`
}

func (c *core) purgeDeadLetters(ctx context.Context, r purgeRequest) (any, error) {
	if r.OlderThanMS == nil {
		return nil, tasker.Invalidf("give older_than_ms; 0 removes all")
	}
	removed, err := c.PurgeDeadLetters(ctx, milliseconds(*r.OlderThanMS), r.Quantity)
	return map[string]int{"removed": removed}, err
}
