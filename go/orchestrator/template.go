package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/tasker-core/tasker-core/go/queue"
	"github.com/tasker-core/tasker-core/go/tasker"
)

// Registered is the answer to RegisterTemplate.
type Registered struct {
	TemplateID int    `json:"template_id"`
	Digest     string `json:"digest"`
	Created    bool   `json:"created"` // false: the same content was known already
}

// RegisterTemplate makes a template known, with its namespace and its queue, in a transaction of its own. Other content
// under a version that is registered is a *tasker.Error with CodeConflict.
func (o *Orchestrator) RegisterTemplate(ctx context.Context, t tasker.Template) (r Registered, err error) {
	normal, err := t.Encode()
	if err != nil {
		return r, fmt.Errorf("encode template: %w", err)
	}
	err = o.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT template_id, digest, created FROM tasker.register_template($1::jsonb)`,
			string(normal)).Scan(&r.TemplateID, &r.Digest, &r.Created)
	})
	return r, err
}

// templateCache keeps what was compiled of templates. Their content never changes under an id, so nothing goes stale.
type templateCache struct {
	mu      sync.Mutex
	schemas map[int]*tasker.Schema
}

// fit checks a request against the template it asks for, the highest version when it names none, and gives the request
// with that version filled in, so that what was checked is what is created.
func (o *Orchestrator) fit(ctx context.Context, q queue.Querier, request tasker.Request) (tasker.Request, error) {
	var id int
	err := q.QueryRow(ctx, `SELECT template_id, version FROM tasker.find_template($1, $2, nullif($3, ''))`,
		request.Namespace, request.Name, request.Version).Scan(&id, &request.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return request, unknownTemplate(request)
	}
	if err != nil {
		return request, fmt.Errorf("find template: %w", err)
	}
	schema, err := o.schema(ctx, q, id)
	if err != nil {
		return request, err
	}
	return request, inRequest(schema.Validate(request.Context))
}

// inRequest turns pointers into a context into pointers into the request that holds it: what the caller sent.
func inRequest(err error) error {
	refused := (*tasker.Error)(nil)
	if !errors.As(err, &refused) {
		return err
	}
	e := *refused
	e.Details = slices.Clone(e.Details)
	for i := range e.Details {
		e.Details[i].Pointer = "/context" + e.Details[i].Pointer
	}
	return &e
}

func unknownTemplate(r tasker.Request) error {
	name := r.Namespace + "/" + r.Name
	if r.Version != "" {
		name += " version " + r.Version
	}
	return tasker.NotFoundf("no template %s: register it with `tasker templates register FILE`", name)
}

// schema gives the compiled JSON Schema of a template's contexts.
func (o *Orchestrator) schema(ctx context.Context, q queue.Querier, id int) (*tasker.Schema, error) {
	o.templates.mu.Lock()
	defer o.templates.mu.Unlock()
	if s, ok := o.templates.schemas[id]; ok {
		return s, nil
	}
	var source []byte
	err := q.QueryRow(ctx, `SELECT coalesce(nullif(definition -> 'schema', 'null'), '{}') FROM tasker.templates WHERE template_id = $1`,
		id).Scan(&source)
	if err != nil {
		return nil, fmt.Errorf("read template %d: %w", id, err)
	}
	s, err := tasker.CompileSchema(source)
	if err != nil {
		return nil, fmt.Errorf("compile schema of template %d: %w", id, err)
	}
	if o.templates.schemas == nil {
		o.templates.schemas = map[int]*tasker.Schema{}
	}
	o.templates.schemas[id] = s
	return s, nil
}
