package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// rawObject is a JSON value that somebody else decodes.
type rawObject = json.RawMessage

// empty is the body of what has nothing to tell.
type empty struct{}

// moveRequest asks for the real pgmq in place of ours: the extension, or what a script of its SQL-only form makes.
type moveRequest struct {
	Script string `json:"script"`
}

// operation is what tasker_call does under a name.
type operation func(ctx context.Context, h *handle, request []byte) reply

var operations = map[string]operation{
	"migrate":       plain(func(ctx context.Context, h *handle) (any, error) { return empty{}, h.core.Migrate(ctx) }),
	"migration_sql": plain(func(context.Context, *handle) (any, error) { return map[string]string{"sql": migrationSQL()}, nil }),
	"give_pgmq_up": taking(func(ctx context.Context, h *handle, r moveRequest) (any, error) {
		return empty{}, h.core.GivePgmqUp(ctx, r.Script)
	}),
	"take_pgmq_back": plain(func(ctx context.Context, h *handle) (any, error) { return empty{}, h.core.TakePgmqBack(ctx) }),
	"start":          plain(func(_ context.Context, h *handle) (any, error) { h.core.Start(); return empty{}, nil }),
	"status":         plain(func(_ context.Context, h *handle) (any, error) { return h.core.Status(), nil }),
	"register_template": taking(func(ctx context.Context, h *handle, s templateSource) (any, error) {
		return h.core.registerTemplate(ctx, s)
	}),
	"control": taking(func(ctx context.Context, h *handle, c controlRequest) (any, error) { return h.core.Control(ctx, c) }),
	"replay_dead_letters": taking(func(ctx context.Context, h *handle, r replayRequest) (any, error) {
		replayed, err := h.core.ReplayDeadLetters(ctx, r.IDs, r.Actor, r.Reason)
		return map[string]any{"dead_letters": replayed}, err
	}),
	"purge_dead_letters": taking(func(ctx context.Context, h *handle, r purgeRequest) (any, error) {
		return h.core.purgeDeadLetters(ctx, r)
	}),
	"stop": taking(stop),
}

// immediate are the operations that ask nobody: they need no goroutine of their own to be given up on.
var immediate = []string{"migration_sql", "status"}

// taking makes an operation of a function that takes a request of a type.
func taking[T any](f func(context.Context, *handle, T) (any, error)) operation {
	return func(ctx context.Context, h *handle, request []byte) reply {
		var decoded T
		if fault := decode(request, &decoded); fault != nil {
			return *fault
		}
		body, err := f(ctx, h, decoded)
		if err != nil {
			return faulty(ctx, err)
		}
		return done(body)
	}
}

// plain makes an operation of a function that takes no request.
func plain(f func(context.Context, *handle) (any, error)) operation {
	return taking(func(ctx context.Context, h *handle, _ empty) (any, error) { return f(ctx, h) })
}

type stopRequest struct {
	GraceMS *int64 `json:"grace_ms"`
}

const defaultStopGrace = 2 * time.Second

func stop(ctx context.Context, h *handle, r stopRequest) (any, error) {
	grace := defaultStopGrace
	if r.GraceMS != nil {
		grace = milliseconds(max(*r.GraceMS, 0))
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := h.core.Stop(ctx); err != nil {
		return nil, errTimeout
	}
	return empty{}, nil
}

func call(id uint64, name string, request []byte, timeoutMS int64) reply {
	run, known := operations[name]
	if !known {
		return badArgument("there is no operation %q; there are: %s", name, strings.Join(operationNames(), ", "))
	}
	on := onHandle
	if slices.Contains(immediate, name) {
		on = atOnce
	}
	return on(id, timeoutMS, func(ctx context.Context, h *handle) reply { return run(ctx, h, request) })
}

func operationNames() []string {
	names := make([]string, 0, len(operations))
	for name := range operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func createTask(id uint64, request []byte, timeoutMS int64) reply {
	return onHandle(id, timeoutMS, func(ctx context.Context, h *handle) reply {
		return outcome(ctx)(h.core.createTask(ctx, request))
	})
}

func tick(id uint64, timeoutMS int64) reply {
	return onHandle(id, timeoutMS, func(ctx context.Context, h *handle) reply {
		report, err := h.core.Tick(ctx)
		return outcome(ctx)(report, err)
	})
}

// outcome makes a reply of a function's two results.
func outcome(ctx context.Context) func(body any, err error) reply {
	return func(body any, err error) reply {
		if err != nil {
			return faulty(ctx, err)
		}
		return done(body)
	}
}

// atOnce runs the work of a call that waits for nothing.
func atOnce(id uint64, timeoutMS int64, work func(context.Context, *handle) reply) reply {
	h, release, fault := handles.use(id)
	if fault != nil {
		return *fault
	}
	defer release()
	if timeoutMS < 0 {
		return negative("timeout_ms", timeoutMS)
	}
	return work(h.working, h)
}

// onHandle runs the work of a call: with its handle, and under its deadline.
func onHandle(id uint64, timeoutMS int64, work func(context.Context, *handle) reply) reply {
	h, release, fault := handles.use(id)
	if fault != nil {
		return *fault
	}
	defer release()
	ctx, cancel, fault := deadline(h.working, timeoutMS)
	if fault != nil {
		return *fault
	}
	defer cancel()
	return bounded(ctx, func(ctx context.Context) reply { return work(ctx, h) })
}
