/*
 * tasker.h: what a program in another language may call in tasker-core, and what it may count on.
 *
 * This header is the specification of libtasker_core.so. It is written by hand; the Go side includes it, and so does the
 * Ruby extension, so a function that differs from it does not compile. A program that uses the library needs nothing else.
 *
 * THE SHAPE OF A PROGRAM
 *
 *     int32_t cancel_fd, event_fd;
 *     uint64_t handle;
 *     uint8_t *body;
 *     tasker_init(NULL, 0, &cancel_fd, NULL, NULL);
 *     tasker_open(config, strlen(config), &handle, &event_fd, &body, NULL);          {"database_url": "postgres://…"}
 *     tasker_create_task(handle, request, strlen(request), 0, &body, NULL);          {"name": "order", "context": {…}}
 *     … read body, then tasker_free(body) …
 *     tasker_tick(handle, 0, &body, NULL);                                           or tasker_call(…, "start", …)
 *     tasker_wait(handle, task_id, strlen(task_id), 60000, NULL, &body, NULL);
 *     tasker_close(handle, 2000, NULL, NULL);
 *
 * PROCESS RULES
 *
 * Loading the library starts a Go runtime with threads of its own. That runtime does not survive fork(): in a forked child
 * every function below that enters Go may hang for ever. A host that forks either loads the library after the fork, or
 * refuses the calls in the child; in both cases it calls tasker_fork_child() there (see below). fork() directly followed by
 * exec() is fine at any time, and so are vfork() and posix_spawn().
 *
 * Never dlclose() the library: Go cannot be unloaded, and the call does nothing.
 *
 * The library installs no signal handlers beyond those that the Go runtime needs (SEGV, BUS, FPE, PIPE, URG; it forwards
 * what is not its own) and never asks for a signal. The host owns INT, TERM and the rest. Every handler of the host must
 * carry SA_ONSTACK, and every thread that calls in must have an alternate signal stack which lives at least as long as the
 * thread; load the library with all signals blocked in the loading thread. Without these, a signal that arrives while Go
 * code runs on the thread writes over a goroutine's stack.
 *
 * The library reads no environment variable and no command line: under a process title both are garbage. Everything comes
 * in the configurations below, the database URL included.
 *
 * THREADS
 *
 * Every function may be called from any thread, and any number of calls may run at once, on one handle or on several, with
 * these two exceptions: tasker_fork_child() belongs to the fork child, and what is given to tasker_free() must not be in use.
 *
 * No function calls back into the host.
 *
 * BLOCKING AND DEADLINES
 *
 * A call marked BLOCKS waits for the database, but never longer than its deadline. timeout_ms > 0 is that deadline in
 * milliseconds, 0 stands for TASKER_DEFAULT_TIMEOUT_MS, and a negative number is refused. Past the deadline the call returns
 * TASKER_TIMEOUT, 250 ms later at the very latest, even if the work behind it hangs; whether the work took effect is then
 * unknown, so repeat it only with a request that is safe to repeat (see tasker_create_task).
 *
 * Calls cannot be interrupted, with the exception of the pure waits, tasker_poll and tasker_wait. These take a word that lies
 * in the caller's frame, and end early when another thread (or a signal handler: only a store and a write are needed) does
 *
 *     __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);  write(cancel_fd, "", 1);
 *
 * in this order. A result of write() is not needed: a full pipe already wakes the reader. The wait then returns
 * TASKER_CANCELLED, having changed nothing, so it may simply be called again. The word is looked at only until the call
 * returns. A word that is already set ends the wait at once.
 *
 * MEMORY
 *
 * Inputs are borrowed: the library copies them before the call returns, and keeps no pointer into them. They need no
 * terminator: the length counts. NULL with length 0 is an empty input. An input over TASKER_MAX_INPUT bytes is refused.
 *
 * Outputs are the caller's: *out is a malloc'ed buffer, to be given once to tasker_free() (or to free() of the same C
 * library). *out_len is its length in bytes; a zero byte, not counted, follows for those who print it. Both are written by
 * every call, *out to NULL when there is no body. out may be NULL: the body is then dropped. out_len may be NULL.
 *
 * A handle is a number. Numbers are never reused, and 0 is never a handle, so a stale one is always recognized.
 *
 * STATUS AND BODY
 *
 * Inputs and outputs are JSON in UTF-8. With TASKER_OK the body is what the function describes. With every other status it
 * is one error object:
 *
 *     {"code": "invalid", "message": "what was wrong, and what to do", "retryable": false,
 *      "details": [{"pointer": "/context/items/0/quantity", "message": "must be greater than 0"}]}
 *
 * code is one of: invalid, not_found, conflict, refused (the request was refused, nothing was changed), database (PostgreSQL or
 * the way to it), internal, and for the statuses below cancelled, timeout, closed, bad_handle, bad_argument, panic, not_ready.
 * retryable says that the same call may succeed later without a change (a lost connection, a serialization failure).
 * With refused, what was asked of a task or a step is not possible from where it stands: state says where that is, allowed is
 * the list of actions that are. sqlstate is there, with its five characters, where PostgreSQL gave one. details may be empty; pointer is a JSON pointer into the input, "" for the whole of it.
 */
#ifndef TASKER_H
#define TASKER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header: major << 16 | minor. A minor number only adds; a new major number may break. */
#define TASKER_ABI_VERSION ((uint32_t)(1u << 16 | 0u))

/* The version of tasker-core that this header came with. */
#define TASKER_VERSION "0.1.0"

/* The deadline of a call that gives 0 as its timeout_ms. */
#define TASKER_DEFAULT_TIMEOUT_MS 30000

/* The largest input in bytes, of any kind. */
#define TASKER_MAX_INPUT (16 * 1024 * 1024)

/* How many events wait for tasker_poll on one handle before the oldest are dropped and counted. */
#define TASKER_EVENT_CAPACITY 1024

enum {
    TASKER_OK = 0,           /* done; the body is the answer                                                             */
    TASKER_ERROR = 1,        /* refused or failed; the error object says which and why                                   */
    TASKER_CANCELLED = 2,    /* a wait was ended through its cancel word; nothing was changed                            */
    TASKER_TIMEOUT = 3,      /* the deadline passed                                                                      */
    TASKER_CLOSED = 4,       /* the handle is closed, or was closed while the call ran                                   */
    TASKER_BAD_HANDLE = 5,   /* this number was never a handle                                                           */
    TASKER_BAD_ARGUMENT = 6, /* a NULL that must not be, invalid UTF-8, too large, a faulty configuration or operation    */
    TASKER_PANIC = 7,        /* a defect of the library, caught; details hold the stack; the process goes on             */
    TASKER_NOT_READY = 8     /* tasker_init was not called yet                                                           */
};

/*
 * tasker_abi_version returns TASKER_ABI_VERSION as it was when the library was built. Compare before anything else: the major
 * numbers must be equal, the minor one of the library at least the one of this header.
 * Plain C: never enters Go, never blocks, works in a forked child.
 */
uint32_t tasker_abi_version(void);

/*
 * tasker_version returns TASKER_VERSION as it was when the library was built. The string is static, do not free it.
 * Plain C: never enters Go, never blocks, works in a forked child.
 */
const char *tasker_version(void);

/*
 * tasker_free gives back an output. NULL is allowed and does nothing.
 * Plain C: never enters Go, never blocks, works in a forked child.
 */
void tasker_free(void *output);

/*
 * tasker_fork_child closes the inherited ends of the library's database connections and event pipes. Register it as the child
 * handler of pthread_atfork(), or call it first thing in a forked child. Without it a killed parent's sessions, and the
 * advisory locks they hold, live on until the child ends too, and the reader of an event pipe never sees its end.
 * Plain C and async-signal-safe. Only for a forked child: in the process that owns the connections it would cut them.
 */
void tasker_fork_child(void);

/*
 * tasker_init prepares the library. Call it once before everything that enters Go; further calls change nothing and give
 * the same *cancel_fd.
 *
 * config   optional JSON object:
 *            crash_file          path; a fatal error of the Go runtime writes its stacks there too (appended)
 *            max_stack_bytes     largest stack of one goroutine, default 67108864: a runaway recursion ends the process
 *                                with a report instead of first eating the memory of the machine
 *            max_procs           how many threads run Go code at once, default: the CPUs of the process
 *            gc_percent          Go's GC target, default 100
 *            memory_limit_bytes  Go's soft memory limit, default: none
 * cancel_fd  receives the write end of the one cancel pipe of the process (see above). Non-blocking, never closed by
 *            either side. May be NULL for a host that cancels nothing.
 *
 * Body: {"version": "…", "go": "go1.…"}.  Returns OK, ERROR (the crash file cannot be opened), BAD_ARGUMENT, PANIC.
 * Does not block.
 */
int32_t tasker_init(const uint8_t *config, size_t config_len, int32_t *cancel_fd, uint8_t **out, size_t *out_len);

/*
 * tasker_open connects to a database and makes a handle. It starts no work by itself.
 *
 * config   JSON object:
 *            database_url      required; give host, user and database in full, nothing is taken from the environment
 *            pool_size         most connections at once, default 4
 *            batch_size        most messages of one stage of a tick, default 100
 *            poll_interval_ms  how often a started orchestrator looks without being woken, default 500
 *            max_hint_ms       how far a worker's hint or Retry-After is followed, default a day
 *            prepared_statements  false: prepare none, as is needed behind a pooler in transaction mode. Default true
 *            unmigrated        true: do not ask for the schema, because it does not exist yet; only tasker_call "migrate"
 *                              and "migration_sql" make sense until it does. Default false
 *            timeout_ms        the deadline of this call, default TASKER_DEFAULT_TIMEOUT_MS
 * handle   receives the handle; 0 when the call fails. Must not be NULL.
 * event_fd receives the read end of a pipe of this handle, non-blocking and close-on-exec: it is readable while events
 *          wait. The caller owns it, and closes it after tasker_close; its end of file says that the handle is closed.
 *          NULL: no pipe is made. It is -1 when the call fails.
 *
 * Body: {"handle": n}.  Returns OK, ERROR (database; with sqlstate TK426: the schema is absent, older or newer, or on a replica), TIMEOUT,
 * BAD_ARGUMENT, PANIC, NOT_READY.
 * BLOCKS.
 */
int32_t tasker_open(const uint8_t *config, size_t config_len, uint64_t *handle, int32_t *event_fd, uint8_t **out,
                    size_t *out_len);

/*
 * tasker_close ends a handle. From now on its calls return CLOSED; running waits end at once with CLOSED. A started
 * orchestrator finishes its current tick, and running calls go on, for at most grace_ms; then they are cut off, which rolls
 * back whatever they had open. Connections are closed, and the write end of the event pipe.
 *
 * grace_ms  0: return at once, the rest goes on in the background. More than 0: BLOCKS until all is closed, for at most
 *           this long and a second. Negative: refused.
 *
 * Body: {"drained": bool}: false if something had to be cut off, or (grace 0) if nobody waited to see.
 * Closing a closed handle is allowed and gives OK.  Returns OK, BAD_HANDLE, BAD_ARGUMENT, PANIC, NOT_READY.
 */
int32_t tasker_close(uint64_t handle, int64_t grace_ms, uint8_t **out, size_t *out_len);

/*
 * tasker_create_task submits a request: its context is checked against the template's schema, and the task is created with
 * its steps in one transaction.
 *
 * request  JSON object: name (required), namespace, version, context, priority, tags, initiator, source_system, reason,
 *          correlation_id, request_id, idempotency_key, skip (names of skippable steps), start_at (a time with its zone such
 *          as 2026-03-01T12:00:00Z: nothing of the task goes out before). A request with a request_id or an idempotency_key
 *          may be repeated at will: the second time it gives the task of the first.
 *
 * Body: {"task_id": "uuid", "created": bool, "state": "…"}; created is false for a repeated request.
 * Returns OK, ERROR (invalid: not JSON, or a fault in the request, with pointers into it; not_found: no such template or version; conflict; database),
 * TIMEOUT, CLOSED, BAD_HANDLE, BAD_ARGUMENT, PANIC, NOT_READY.
 * BLOCKS.
 */
int32_t tasker_create_task(uint64_t handle, const uint8_t *request, size_t request_len, int64_t timeout_ms, uint8_t **out,
                           size_t *out_len);

/*
 * tasker_tick makes one orchestration pass: requests are admitted, results applied, tasks finalized, ready steps enqueued.
 * Any number of ticks may run at once, here and in other processes.
 *
 * Body: the report, counts of what was done; all zero when there was nothing to do.
 * Returns OK, ERROR (database), TIMEOUT, CLOSED, BAD_HANDLE, BAD_ARGUMENT, PANIC, NOT_READY.
 * BLOCKS.
 */
int32_t tasker_tick(uint64_t handle, int64_t timeout_ms, uint8_t **out, size_t *out_len);

/*
 * tasker_call does the less frequent things, by name. request is a JSON object, empty input stands for {}.
 *
 *   operation          request                                               body
 *   migrate            {}                                                    {}     creates or upgrades the schema; repeatable
 *   migration_sql      {}                                                    {"sql": "…"}   what migrate would run
 *   give_pgmq_up       {"script": "SQL"}                                     {}     the extension takes the place of our SQL-only
 *                                                                            pgmq; or what the script, optional, installs
 *   take_pgmq_back     {}                                                    {}     and the other way round; see spec/pgmq.md
 *   register_template  {"source": "YAML or JSON text", "environment": "…",   {"template_id": n, "digest": "…", "created": bool}
 *                       "variables": {"NAME": "value"}}                      environment and variables are optional
 *                      or {"template": {normal form}}                        conflict: other content under this version
 *   control            {"action": "…", "actor": "…", "reason": "…", …}       see below; changes states by an operator's word, also
 *                                                                            when nothing is started anywhere
 *   replay_dead_letters {"dead_letter_ids": [n], "actor": "…",               {"dead_letters": [{"dead_letter_id": n, "outcome": "…"}]}
 *                       "reason": "…"}                                       the outcome is in words; "left: …" says why not
 *   purge_dead_letters {"older_than_ms": n, "quantity": n}                   {"removed": n}   the oldest first, at most quantity,
 *                                                                            default 1000; again while it removes as many
 *   start              {}                                                    {}     ticks repeat in the background; repeatable
 *   stop               {"grace_ms": n}                                       {}     ends "start", after the current tick;
 *                                                                            TIMEOUT past the grace (default 2000 ms): the
 *                                                                            tick is then left to end by itself
 *   status             {}                                                    {"running": bool, "ticks": n, …}
 *
 * control takes an action, who wants it (actor, required, to 255 characters) and why (reason, optional, to 1000), and one of:
 *
 *   "task_id": "uuid"                  cancel, retry (all failed steps), resolve, pause or resume this task; body {"state": "…"}
 *   "task_id": …, "step": "name"       cancel (with what waits for it), retry, skip or resolve this step; for resolve also
 *                                      "results": any JSON to 1 MiB, which the steps behind it see; body {"state": "…"}
 *   "filter": {…}, "quantity": n       do to every task that the filter finds what can be done to one; at most quantity, default
 *                                      1000, oldest first; keys: task_ids, namespace, name, version, state, paused, tags,
 *                                      priority_min, priority_max, correlation_id, initiator, idempotency_key, created_after,
 *                                      created_before, step_name, step_state, error_type;
 *                                      body {"tasks": [{"task_id": "uuid", "state": "…", "refusal": "why not, if so"}]}
 *   "namespace": "name"                pause or resume a namespace; body {"changed": bool}
 *   "everything": true                 pause or resume everything; body {"changed": bool}
 *
 * What cannot be done to the one task or step is ERROR refused; among many it is told with each, and the others are done.
 *
 * Returns OK, ERROR, TIMEOUT, CLOSED, BAD_HANDLE, BAD_ARGUMENT (also: an unknown operation), PANIC, NOT_READY.
 * BLOCKS, except migration_sql and status.
 */
int32_t tasker_call(uint64_t handle, const char *operation, size_t operation_len, const uint8_t *request, size_t request_len,
                    int64_t timeout_ms, uint8_t **out, size_t *out_len);

/*
 * tasker_poll takes waiting events of a handle, oldest first. Each event is given once, to one caller.
 *
 * max         most events to take; 0: all that wait.
 * timeout_ms  0: do not wait (needs no thread: this form never blocks). More: wait that long for the first event.
 *             Negative: refused. Here 0 is not a default.
 * cancel      the cancel word, or NULL.
 *
 * Body: {"events": [{"type": "log", "at": "RFC 3339", "level": "…", "message": "…", "attributes": {…}}], "dropped": n}.
 * Nothing within the time is OK with an empty list. A crash of a background goroutine is an event of type "crash", with
 * the stack in its attributes. dropped counts the events that nobody took in time, since the last poll. An event too
 * large to keep loses its attributes, and says so ("attributes": {"omitted": true}).
 *
 * With the event pipe: wait until event_fd is readable, read it dry, then poll with timeout 0. A poll that leaves events
 * behind makes the pipe readable again.
 *
 * Returns OK, CANCELLED, CLOSED, BAD_HANDLE, BAD_ARGUMENT, PANIC, NOT_READY.
 * BLOCKS when timeout_ms > 0.
 */
int32_t tasker_poll(uint64_t handle, uint32_t max, int64_t timeout_ms, const uint32_t *cancel, uint8_t **out,
                    size_t *out_len);

/*
 * tasker_wait waits until a task is at rest: complete, error, cancelled or resolved_manually. It changes nothing.
 *
 * task_id     the task's id as text.
 * timeout_ms  how long to wait; 0 stands for TASKER_DEFAULT_TIMEOUT_MS. Negative: refused.
 * cancel      the cancel word, or NULL.
 *
 * Body: {"task_id": "uuid", "state": "…"}.  Returns OK, ERROR (not_found, invalid, database), CANCELLED, TIMEOUT (not at rest
 * yet), CLOSED, BAD_HANDLE, BAD_ARGUMENT, PANIC, NOT_READY.
 * BLOCKS.
 */
int32_t tasker_wait(uint64_t handle, const char *task_id, size_t task_id_len, int64_t timeout_ms, const uint32_t *cancel,
                    uint8_t **out, size_t *out_len);

#ifdef __cplusplus
}
#endif

#endif
