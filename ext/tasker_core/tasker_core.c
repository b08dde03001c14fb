/*
 * The Ruby face of the C face: TaskerCore::Native over libtasker_core.so, as bindings/tasker.h specifies it.
 *
 * A Go runtime in a Ruby process is safe only under rules that neither language knows. This file keeps them, and does nothing
 * else: JSON, errors and everything a user meets are in lib/tasker_core/native.rb.
 *
 *   loading   The library is opened at the first call that needs it, never linked: `require` starts nothing, so a preloading
 *             master (Puma, Spring) stays clean and its children may use the library.
 *   fork      A Go runtime does not survive fork(); a child that calls in hangs sooner or later. A state word, flipped by the
 *             child handler of pthread_atfork, makes every call there raise ForkError at once.
 *   signals   A signal handler that runs on a goroutine's stack (4 KB and up) writes over its neighbours. So: all signals are
 *             blocked while the library loads, because its threads inherit the mask; every handler carries SA_ONSTACK, which
 *             Ruby leaves out and every new `trap` removes again; and every thread that enters Go has an alternate signal
 *             stack that lives longer than the thread's use of Go, which Ruby's own does not.
 *   GVL       Whatever may wait gives it up. Waits end on Thread#kill, Interrupt and Timeout; all other calls have a
 *             deadline on the Go side and are not interrupted, because nobody could say what they had done.
 */
#include <ruby.h>
#include <ruby/encoding.h>
#include <ruby/thread.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tasker.h"

#define LIBRARY "libtasker_core.so"

/* ---- the library ------------------------------------------------------------------------------------------------- */

/* Every function of the header, by pointer, because the library is not linked. The types are the header's own. */
#define FUNCTIONS(each)                                                                                                  \
    each(abi_version) each(version) each(free) each(fork_child) each(init) each(open) each(close) each(create_task)      \
    each(tick) each(call) each(poll) each(wait)

static struct {
#define POINTER(name) __typeof__(tasker_##name) *name;
    FUNCTIONS(POINTER)
#undef POINTER
} go;

/* Where this process stands with the library. Atomic, because the fork handler writes it on whatever thread forks. */
enum { UNLOADED, LOADING, READY, FORKED };
static _Atomic int state = UNLOADED;

static pid_t started_pid;    /* who loaded it; named in ForkError */
static int cancel_fd = -1;   /* the write end of the library's cancel pipe; the library never closes it */

static VALUE error_class(const char *name) { return rb_path2class(name); }

/* Runs in every forked child before fork() returns there: only async-signal-safe work. */
static void after_fork_in_child(void) {
    int was = atomic_load(&state);
    if (was != READY && was != LOADING) return;
    atomic_store(&state, FORKED);
    if (was == READY) go.fork_child();
}

NORETURN(static void raise_fork_error(void));
static void raise_fork_error(void) {
    rb_raise(error_class("TaskerCore::ForkError"),
             "tasker-core was used in process %d, and this is process %d, forked from it: the Go library does not survive fork. "
             "Use it first after the fork (in Puma: in on_worker_boot, or simply in the first request), or start the process with "
             "spawn or exec. Starting tasks on your own database connection and working need no library and go on here.",
             (int)started_pid, (int)getpid());
}

/* ---- signals ----------------------------------------------------------------------------------------------------- */

/* How often all handlers are looked at; those of the profilers are looked at on every entry. */
#define SIGNAL_CHECK_MS 500

static int64_t now_ms(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Puts a handler on the alternate stack, if there is a handler. Gives 1 if that was needed. */
static int put_on_signal_stack(int signal_number) {
    struct sigaction action;
    if (sigaction(signal_number, NULL, &action) != 0) return 0;
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN || (action.sa_flags & SA_ONSTACK)) return 0;
    action.sa_flags |= SA_ONSTACK;
    return sigaction(signal_number, &action, NULL) == 0;
}

static int put_all_on_signal_stack(void) {
    int changed = 0;
    for (int signal_number = 1; signal_number < NSIG; signal_number++) changed += put_on_signal_stack(signal_number);
    return changed;
}

/*
 * On every entry. Handlers that were set by Signal.trap are seen by native.rb at once; this is for those that C code sets.
 * Profilers do, with signals that come a thousand times a second while Go is busy, so these two cannot wait for the round.
 */
static void check_signal_handlers(void) {
    static int64_t next_round;
    put_on_signal_stack(SIGPROF);
    put_on_signal_stack(SIGALRM);
    int64_t now = now_ms(CLOCK_MONOTONIC_COARSE);
    if (now < next_round) return;
    next_round = now + SIGNAL_CHECK_MS;
    put_all_on_signal_stack();
}

/*
 * A thread's alternate signal stack. Ruby gives each thread one, but frees its memory before the thread ends; Go's own
 * thread destructor runs after that and unblocks signals. So a thread that enters Go gets another stack, which is freed in
 * the second round of the destructors of thread-specific values: Go's has run in the first.
 */
struct signal_stack {
    void *mapping;
    size_t size;
    int rounds;
};

#define SIGNAL_STACK_BYTES ((size_t)64 * 1024) /* the kernel's frame alone is 12 KB on CPUs with wide registers */

static pthread_key_t signal_stack_key;
static pthread_t first_thread; /* its stack is the process's, and never freed */

static void release_signal_stack(void *value) {
    struct signal_stack *mine = value;
    if (mine->rounds++ == 0 && pthread_setspecific(signal_stack_key, mine) == 0) return;
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(mine->mapping, mine->size);
    free(mine);
}

static bool map_signal_stack(struct signal_stack *mine) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    mine->size = SIGNAL_STACK_BYTES + page;
    mine->mapping = mmap(NULL, mine->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (mine->mapping == MAP_FAILED) return false;
    stack_t stack = {.ss_sp = (char *)mine->mapping + page, .ss_size = SIGNAL_STACK_BYTES};
    if (mprotect(mine->mapping, page, PROT_NONE) == 0 && sigaltstack(&stack, NULL) == 0) return true;
    munmap(mine->mapping, mine->size);
    return false;
}

/* Gives this thread its own signal stack, once. False: there was no memory for it. */
static bool ensure_signal_stack(void) {
    if (pthread_getspecific(signal_stack_key) || pthread_equal(pthread_self(), first_thread)) return true;
    struct signal_stack *mine = calloc(1, sizeof *mine);
    if (!mine) return false;
    if (map_signal_stack(mine)) {
        if (pthread_setspecific(signal_stack_key, mine) == 0) return true;
        mine->rounds = 1;
        release_signal_stack(mine);
        return false;
    }
    free(mine);
    return false;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

NORETURN(static void raise_unloadable(const char *reason));
static void raise_unloadable(const char *reason) {
    atomic_store(&state, UNLOADED);
    rb_raise(error_class("TaskerCore::LibraryError"),
             "The Go library could not be loaded (%s). In a checkout run `rake compile`; for an installed gem run "
             "`gem pristine tasker-core` with Go on the PATH",
             reason);
}

/* The library lies beside this extension, wherever that was installed. */
static VALUE library_path(void) {
    Dl_info self;
    if (!dladdr((void *)&after_fork_in_child, &self) || !self.dli_fname) raise_unloadable("this extension has no path");
    VALUE directory = rb_funcall(rb_cFile, rb_intern("dirname"), 1, rb_str_new_cstr(self.dli_fname));
    return rb_str_cat_cstr(rb_str_dup(directory), "/" LIBRARY);
}

/* The threads that Go starts inherit the mask of the one that loads it: none of them will run a handler of Ruby's. */
static void *open_with_signals_blocked(const char *path) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return library;
}

static void find_functions(void *library) {
#define FIND(name)                                                                                                       \
    if (!(go.name = (__typeof__(go.name))dlsym(library, "tasker_" #name))) raise_unloadable("it lacks tasker_" #name);
    FUNCTIONS(FIND)
#undef FIND
}

static void check_abi(void) {
    uint32_t theirs = go.abi_version(), ours = TASKER_ABI_VERSION;
    if (theirs >> 16 == ours >> 16 && (theirs & 0xffff) >= (ours & 0xffff)) return;
    atomic_store(&state, UNLOADED);
    rb_raise(error_class("TaskerCore::AbiMismatch"),
             "The Go library speaks version %u.%u of the C face and the extension %u.%u: build both from the same source "
             "(`rake compile`, or `gem pristine tasker-core`)",
             theirs >> 16, theirs & 0xffff, ours >> 16, ours & 0xffff);
}

/* Holds the GVL throughout, so only one thread is ever in here. Takes some milliseconds. */
static void load_library(void) {
    VALUE path = library_path();
    started_pid = getpid();
    atomic_store(&state, LOADING);
    void *library = open_with_signals_blocked(StringValueCStr(path));
    if (!library) raise_unloadable(dlerror());
    find_functions(library);
    check_abi();
    atomic_store(&state, READY);
    put_all_on_signal_stack();
}

/* Before every entry: raises where there is no way in, and sees to the signals. */
static void prepare_entry(void) {
    switch (atomic_load(&state)) {
    case READY: break;
    case FORKED: raise_fork_error();
    default: load_library();
    }
    if (!ensure_signal_stack()) rb_raise(rb_eNoMemError, "no memory for a signal stack");
    check_signal_handlers();
}

/* ---- visits to Go ------------------------------------------------------------------------------------------------ */

/* One call, with its inputs and outputs. It lives in the frame of the thread that calls. */
struct visit {
    void (*make)(struct visit *);
    uint64_t handle;
    const char *name; /* operation, or task id */
    size_t name_len;
    const uint8_t *input;
    size_t input_len;
    int64_t ms; /* timeout, or grace */
    uint32_t max;
    uint32_t cancel; /* the cancel word of a wait */
    int32_t event_fd;
    int32_t status;
    uint8_t *body;
    size_t body_len;
    bool made; /* the call took place */
};

static void make_init(struct visit *v) {
    int32_t fd;
    v->status = go.init(v->input, v->input_len, &fd, &v->body, &v->body_len);
    if (v->status == TASKER_OK) cancel_fd = fd;
}

static void make_open(struct visit *v) {
    v->status = go.open(v->input, v->input_len, &v->handle, &v->event_fd, &v->body, &v->body_len);
}

static void make_close(struct visit *v) { v->status = go.close(v->handle, v->ms, &v->body, &v->body_len); }

static void make_create_task(struct visit *v) {
    v->status = go.create_task(v->handle, v->input, v->input_len, v->ms, &v->body, &v->body_len);
}

static void make_tick(struct visit *v) { v->status = go.tick(v->handle, v->ms, &v->body, &v->body_len); }

static void make_call(struct visit *v) {
    v->status = go.call(v->handle, v->name, v->name_len, v->input, v->input_len, v->ms, &v->body, &v->body_len);
}

static void make_poll(struct visit *v) {
    v->status = go.poll(v->handle, v->max, v->ms, &v->cancel, &v->body, &v->body_len);
}

static void make_wait(struct visit *v) {
    v->status = go.wait(v->handle, v->name, v->name_len, v->ms, &v->cancel, &v->body, &v->body_len);
}

static void *make_visit(void *argument) {
    struct visit *v = argument;
    v->made = true;
    v->make(v);
    return NULL;
}

static VALUE take_body(VALUE argument) {
    struct visit *v = (struct visit *)argument;
    VALUE body = v->body ? rb_utf8_str_new((const char *)v->body, (long)v->body_len) : Qnil;
    return rb_assoc_new(INT2FIX(v->status), body);
}

static VALUE free_body(VALUE argument) {
    go.free(((struct visit *)argument)->body);
    return Qnil;
}

/* [status, body]. The body is freed even if there is no memory for the string. */
static VALUE answer(struct visit *v) { return rb_ensure(take_body, (VALUE)v, free_body, (VALUE)v); }

/*
 * A call that takes the time it takes, up to its deadline. RB_NOGVL_INTR_FAIL: with an interrupt pending the call does not
 * begin, and once it has taken place nothing can raise before its answer is in our hands. Interrupts may run any Ruby code, a
 * fork included, so the way in is prepared again after each.
 */
static void visit(struct visit *v) {
    for (;;) {
        prepare_entry();
        rb_nogvl(make_visit, v, NULL, NULL, RB_NOGVL_INTR_FAIL);
        if (v->made) return;
        rb_thread_check_ints();
    }
}

/* Ends a wait from another thread or from a signal handler, hence errno. The order is the one that tasker.h asks for. */
static void unblock(void *argument) {
    struct visit *v = argument;
    int before = errno;
    __atomic_store_n(&v->cancel, 1, __ATOMIC_SEQ_CST);
    ssize_t ignored = write(cancel_fd, "", 1);
    (void)ignored;
    errno = before;
}

/* One round of a wait without end. */
#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* How long the next round of a wait may take: at least a millisecond, because 0 has meanings of its own. */
static int64_t rest_until(int64_t end) {
    int64_t rest = end - now_ms(CLOCK_MONOTONIC);
    return rest < 1 ? 1 : rest;
}

/*
 * A wait for at most so many milliseconds; less than 0: without end. Ruby unblocks a thread for many reasons, and not all of
 * them raise (a trap, Thread#wakeup, an exception that is masked just now): a wait that was cancelled and finds nothing
 * to raise simply goes on. RB_NOGVL_UBF_ASYNC_SAFE: unblock() may run in a signal handler; without it Ruby starts a thread for
 * every wait.
 */
static void visit_waiting(struct visit *v, int64_t milliseconds) {
    bool endless = milliseconds < 0;
    int64_t now = now_ms(CLOCK_MONOTONIC);
    int64_t end = milliseconds < INT64_MAX - now ? now + milliseconds : INT64_MAX;
    for (;;) {
        prepare_entry();
        v->ms = endless ? DAY_MS : rest_until(end);
        v->cancel = 0;
        v->made = false;
        rb_nogvl(make_visit, v, unblock, v, RB_NOGVL_INTR_FAIL | RB_NOGVL_UBF_ASYNC_SAFE);
        if (v->made) {
            if (v->status != TASKER_CANCELLED && !(endless && v->status == TASKER_TIMEOUT)) return;
            go.free(v->body);
            v->body = NULL;
        }
        rb_thread_check_ints();
    }
}

/* ---- TaskerCore::Native::Handle ---------------------------------------------------------------------------------- */

struct handle {
    uint64_t id;      /* 0: never opened */
    int32_t event_fd; /* ours until Ruby takes it; -1: taken, or none */
};

/* During garbage collection: no Ruby, no raising, no waiting. A forked child leaves the handle to the one whose it is. */
static void handle_free(void *pointer) {
    struct handle *h = pointer;
    if (h->id && atomic_load(&state) == READY && ensure_signal_stack()) {
        check_signal_handlers();
        go.close(h->id, 0, NULL, NULL);
    }
    if (h->event_fd >= 0) close(h->event_fd);
    xfree(h);
}

static size_t handle_size(const void *pointer) {
    (void)pointer;
    return sizeof(struct handle);
}

static const rb_data_type_t handle_type = {
    .wrap_struct_name = "TaskerCore::Native::Handle",
    .function = {.dfree = handle_free, .dsize = handle_size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static VALUE handle_allocate(VALUE klass) {
    struct handle *h;
    VALUE self = TypedData_Make_Struct(klass, struct handle, &handle_type, h);
    h->event_fd = -1;
    return self;
}

static struct handle *handle_of(VALUE self) { return rb_check_typeddata(self, &handle_type); }

/*
 * Borrows a string for a visit. While the GVL is released another thread may change the string, so the visit gets a frozen
 * copy (which shares the memory); the caller keeps it alive until the visit is over.
 */
static VALUE borrow_input(struct visit *v, VALUE text) {
    VALUE frozen = rb_str_new_frozen(StringValue(text));
    v->input = (const uint8_t *)RSTRING_PTR(frozen);
    v->input_len = (size_t)RSTRING_LEN(frozen);
    return frozen;
}

static VALUE borrow_name(struct visit *v, VALUE text) {
    VALUE frozen = rb_str_new_frozen(StringValue(text));
    v->name = RSTRING_PTR(frozen);
    v->name_len = (size_t)RSTRING_LEN(frozen);
    return frozen;
}

/* The raw methods give [status, body]; native.rb makes values and errors of them. */

static VALUE handle_open(VALUE self, VALUE config) {
    struct handle *h = handle_of(self);
    struct visit v = {.make = make_open, .event_fd = -1};
    if (h->id) rb_raise(rb_eArgError, "this handle is open already");
    VALUE borrowed = borrow_input(&v, config);
    visit(&v);
    RB_GC_GUARD(borrowed);
    h->id = v.handle;
    h->event_fd = v.event_fd;
    return answer(&v);
}

static VALUE handle_close(VALUE self, VALUE grace_ms) {
    struct visit v = {.make = make_close, .handle = handle_of(self)->id, .ms = NUM2LL(grace_ms)};
    visit(&v);
    return answer(&v);
}

static VALUE handle_create_task(VALUE self, VALUE request, VALUE timeout_ms) {
    struct visit v = {.make = make_create_task, .handle = handle_of(self)->id, .ms = NUM2LL(timeout_ms)};
    VALUE borrowed = borrow_input(&v, request);
    visit(&v);
    RB_GC_GUARD(borrowed);
    return answer(&v);
}

static VALUE handle_tick(VALUE self, VALUE timeout_ms) {
    struct visit v = {.make = make_tick, .handle = handle_of(self)->id, .ms = NUM2LL(timeout_ms)};
    visit(&v);
    return answer(&v);
}

static VALUE handle_call(VALUE self, VALUE operation, VALUE request, VALUE timeout_ms) {
    struct visit v = {.make = make_call, .handle = handle_of(self)->id, .ms = NUM2LL(timeout_ms)};
    VALUE name = borrow_name(&v, operation);
    VALUE input = borrow_input(&v, request);
    visit(&v);
    RB_GC_GUARD(name);
    RB_GC_GUARD(input);
    return answer(&v);
}

/* With timeout 0 nothing waits, so the GVL is kept: giving it up and taking it back would cost more than the call. */
static VALUE handle_poll(VALUE self, VALUE max, VALUE timeout_ms) {
    struct visit v = {.make = make_poll, .handle = handle_of(self)->id, .max = NUM2UINT(max)};
    int64_t milliseconds = NUM2LL(timeout_ms);
    if (milliseconds == 0) {
        prepare_entry();
        make_poll(&v);
    } else {
        visit_waiting(&v, milliseconds);
    }
    return answer(&v);
}

static VALUE handle_wait(VALUE self, VALUE task_id, VALUE timeout_ms) {
    struct visit v = {.make = make_wait, .handle = handle_of(self)->id};
    VALUE name = borrow_name(&v, task_id);
    visit_waiting(&v, NUM2LL(timeout_ms));
    RB_GC_GUARD(name);
    return answer(&v);
}

/* Hands the read end of the event pipe over: from now on the caller closes it. Nil: it was taken, or there is none. */
static VALUE handle_take_event_fd(VALUE self) {
    struct handle *h = handle_of(self);
    int fd = h->event_fd;
    h->event_fd = -1;
    return fd < 0 ? Qnil : INT2FIX(fd);
}

/* ---- TaskerCore::Native ------------------------------------------------------------------------------------------ */

/* Of the library's code and constants nearly all was read while it was linked and Go verified its tables, and hardly any of it
 * is needed afterwards. What is comes back from the file when it is touched. */
static int forget_what_was_read(struct dl_phdr_info *object, size_t size, void *base) {
    (void)size;
    if ((void *)object->dlpi_addr != base) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t from = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t to = (object->dlpi_addr + segment->p_vaddr + segment->p_filesz) & ~(page - 1);
        if (from < to) madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 1;
}

static void give_memory_back(void) {
    Dl_info library;
    if (dladdr((void *)go.abi_version, &library)) dl_iterate_phdr(forget_what_was_read, library.dli_fbase);
}

/* Loads the library if need be, and calls tasker_init. */
static VALUE native_start(VALUE self, VALUE config) {
    (void)self;
    struct visit v = {.make = make_init};
    VALUE borrowed = borrow_input(&v, config);
    visit(&v);
    RB_GC_GUARD(borrowed);
    give_memory_back();
    return answer(&v);
}

/* :unloaded, :ready or :forked; asks nobody and starts nothing. */
static VALUE native_state(VALUE self) {
    (void)self;
    switch (atomic_load(&state)) {
    case READY: return ID2SYM(rb_intern("ready"));
    case FORKED: return ID2SYM(rb_intern("forked"));
    default: return ID2SYM(rb_intern("unloaded"));
    }
}

/* How many handlers needed it. Before the library is loaded nothing does, and nothing is touched. */
static VALUE native_fix_signal_handlers(VALUE self) {
    (void)self;
    return INT2FIX(atomic_load(&state) == READY ? put_all_on_signal_stack() : 0);
}

RUBY_FUNC_EXPORTED void Init_tasker_core(void) {
    /* Only the process's first thread may keep the signal stack it has; if another one loads us, all get new ones. */
    if (syscall(SYS_gettid) == getpid()) first_thread = pthread_self();
    if (pthread_key_create(&signal_stack_key, release_signal_stack) != 0) rb_sys_fail("pthread_key_create");
    if (pthread_atfork(NULL, NULL, after_fork_in_child) != 0) rb_sys_fail("pthread_atfork");

    VALUE native = rb_define_module_under(rb_define_module("TaskerCore"), "Native");
    rb_define_private_method(rb_singleton_class(native), "start_library", native_start, 1);
    rb_define_singleton_method(native, "state", native_state, 0);
    rb_define_singleton_method(native, "fix_signal_handlers", native_fix_signal_handlers, 0);

    VALUE handle = rb_define_class_under(native, "Handle", rb_cObject);
    rb_define_alloc_func(handle, handle_allocate);
    rb_define_private_method(handle, "raw_open", handle_open, 1);
    rb_define_private_method(handle, "raw_close", handle_close, 1);
    rb_define_private_method(handle, "raw_create_task", handle_create_task, 2);
    rb_define_private_method(handle, "raw_tick", handle_tick, 1);
    rb_define_private_method(handle, "raw_call", handle_call, 3);
    rb_define_private_method(handle, "raw_poll", handle_poll, 2);
    rb_define_private_method(handle, "raw_wait", handle_wait, 2);
    rb_define_private_method(handle, "take_event_fd", handle_take_event_fd, 0);
}
