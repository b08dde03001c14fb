/*
 * A program as tasker.h describes it: every function is called, well and badly. It is linked against the library, so a
 * function that is missing there does not link.
 *
 *     smoke URL      URL: an empty database
 */
#include <time.h>

#include "check.h"

static const char *register_greet =
    "{\"source\": \"name: greet\\nsteps:\\n  - name: hello\\n    handler_class: Hello\\n\"}";

static int32_t cancel_fd;

/* Copies the value of a string key out of the newest body. */
static void copy_string(const char *key, char *into, size_t size) {
    char pattern[64];
    snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
    const char *start = body ? strstr((char *)body, pattern) : NULL;
    const char *end = start ? strchr(start + strlen(pattern), '"') : NULL;
    snprintf(into, size, "%.*s", end ? (int)(end - start - (long)strlen(pattern)) : 0, end ? start + strlen(pattern) : "");
}

static void before_init(void) {
    check(tasker_abi_version() == TASKER_ABI_VERSION, "the ABI version is the header's");
    check(strcmp(tasker_version(), TASKER_VERSION) == 0, "the version is the header's");
    tasker_free(NULL);
    CALL(tasker_tick(1, 0, &body, &body_len));
    expect("nothing works before init", TASKER_NOT_READY, "\"code\":\"not_ready\"");
}

static void init(void) {
    int32_t again;
    CALL(tasker_init(BYTES("{\"crash_file\": \"/nonexistent/folder/file\"}"), &cancel_fd, &body, &body_len));
    expect("a crash file that cannot be", TASKER_ERROR, "crash_file");
    CALL(tasker_init(BYTES("{\"surprise\": 1}"), &cancel_fd, &body, &body_len));
    expect("an unknown key", TASKER_BAD_ARGUMENT, "surprise");
    CALL(tasker_init(NULL, 0, &cancel_fd, &body, &body_len));
    expect("init", TASKER_OK, "\"version\":\"" TASKER_VERSION "\"");
    check(body_len == strlen((char *)body), "the length is that of the text, and a zero byte follows");
    CALL(tasker_init(NULL, 0, &again, NULL, NULL));
    check(status == TASKER_OK && again == cancel_fd, "init again gives the same pipe, and out may be NULL");
}

static void open_badly(void) {
    uint64_t handle = 7;
    CALL(tasker_open(BYTES("{}"), NULL, NULL, &body, &body_len));
    expect("no place for the handle", TASKER_BAD_ARGUMENT, "NULL");
    CALL(tasker_open(NULL, 5, &handle, NULL, &body, &body_len));
    expect("NULL with a length", TASKER_BAD_ARGUMENT, "NULL");
    check(handle == 0, "a failed open gives handle 0");
    CALL(tasker_open(BYTES("{\"database_url\": \"\xff\xfe\"}"), &handle, NULL, &body, &body_len));
    expect("invalid UTF-8", TASKER_BAD_ARGUMENT, "UTF-8");
    CALL(tasker_open(BYTES("{\"database_url\""), &handle, NULL, &body, &body_len));
    expect("half a JSON", TASKER_BAD_ARGUMENT, "\"code\":\"bad_argument\"");
    CALL(tasker_open((const uint8_t *)"", TASKER_MAX_INPUT + 1, &handle, NULL, &body, &body_len));
    expect("too large, and not even read", TASKER_BAD_ARGUMENT, "at most");
    CALL(tasker_open(BYTES("{\"database_url\": \"postgres://nobody@127.0.0.1:1/none\"}"), &handle, NULL, &body, NULL));
    expect("no server there", TASKER_ERROR, "\"retryable\":true");
}

static uint64_t migrate_and_open(const char *url, int32_t *event_fd) {
    uint64_t handle;
    CALL(open_handle(url, false, &handle, NULL));
    expect("no schema yet", TASKER_ERROR, "migrate");
    CALL(open_handle(url, true, &handle, NULL));
    expect("open without asking for a schema", TASKER_OK, "\"handle\":");
    CALL(OPERATION(handle, "migration_sql", ""));
    expect("migration_sql", TASKER_OK, "CREATE SCHEMA");
    CALL(OPERATION(handle, "migrate", "{}"));
    expect("migrate", TASKER_OK, "{}");
    CALL(tasker_close(handle, 2000, &body, &body_len));
    expect("close", TASKER_OK, "\"drained\":true");
    CALL(tasker_tick(handle, 0, &body, &body_len));
    expect("a closed handle", TASKER_CLOSED, "\"code\":\"closed\"");
    CALL(tasker_close(handle, 0, &body, &body_len));
    expect("close again", TASKER_OK, NULL);
    CALL(open_handle(url, false, &handle, event_fd));
    expect("open", TASKER_OK, "\"handle\":");
    return handle;
}

static void refuse(uint64_t handle) {
    CALL(tasker_tick(handle + 1000, 0, &body, &body_len));
    expect("a number that is no handle", TASKER_BAD_HANDLE, "\"code\":\"bad_handle\"");
    CALL(tasker_tick(0, 0, &body, &body_len));
    expect("0 is no handle", TASKER_BAD_HANDLE, NULL);
    CALL(tasker_tick(handle, -1, &body, &body_len));
    expect("a negative timeout", TASKER_BAD_ARGUMENT, "negative");
    CALL(OPERATION(handle, "explode", "{}"));
    expect("an unknown operation", TASKER_BAD_ARGUMENT, "register_template");
    CALL(tasker_call(handle, NULL, 3, NULL, 0, 0, &body, &body_len));
    expect("an operation that is NULL", TASKER_BAD_ARGUMENT, "NULL");
    CALL(tasker_create_task(handle, NULL, 0, 0, &body, &body_len));
    expect("no request at all", TASKER_ERROR, "\"code\":\"invalid\"");
    CALL(tasker_create_task(handle, BYTES("{\"name\": \"greet\", \"contxt\": {}}"), 0, &body, &body_len));
    expect("an unknown key in a request", TASKER_ERROR, "\"pointer\":\"/contxt\"");
    CALL(tasker_create_task(handle, BYTES("{\"name\": \"unknown\"}"), 0, &body, &body_len));
    expect("an unknown template", TASKER_ERROR, "\"code\":\"not_found\"");
    CALL(tasker_wait(handle, "nothing", 7, 1000, NULL, &body, &body_len));
    expect("no task id", TASKER_ERROR, "\"code\":\"invalid\"");
}

static void create(uint64_t handle, char *task_id, size_t size) {
    CALL(OPERATION(handle, "register_template", register_greet));
    expect("register_template", TASKER_OK, "\"created\":true");
    CALL(tasker_create_task(handle, BYTES("{\"name\": \"greet\", \"context\": {\"who\": \"w\xc3\xb6rld\"}}"), 0, &body, &body_len));
    expect("create_task", TASKER_OK, "\"created\":true");
    copy_string("task_id", task_id, size);
    CALL(tasker_tick(handle, 0, &body, &body_len));
    expect("tick", TASKER_OK, "\"enqueued\":");
}

static void start_and_stop(uint64_t handle) {
    CALL(OPERATION(handle, "start", ""));
    expect("start", TASKER_OK, NULL);
    CALL(OPERATION(handle, "status", ""));
    expect("status", TASKER_OK, "\"running\":true");
    CALL(OPERATION(handle, "stop", "{\"grace_ms\": 5000}"));
    expect("stop", TASKER_OK, NULL);
}

/* Starting and stopping was logged, so there are events. */
static void take_events(uint64_t handle, int32_t event_fd) {
    char byte;
    check(event_fd >= 0 && read(event_fd, &byte, 1) == 1, "the pipe is readable while events wait");
    CALL(tasker_poll(handle, 1, 0, NULL, &body, &body_len));
    expect("poll", TASKER_OK, "\"type\":\"log\"");
    CALL(tasker_poll(handle, 0, 0, NULL, &body, &body_len));
    CALL(tasker_poll(handle, 0, 10, NULL, &body, &body_len));
    expect("nothing more within 10 ms", TASKER_OK, "{\"events\":[],\"dropped\":0}");
}

struct waiting {
    uint64_t handle;
    const char *task_id; /* NULL: a poll */
    uint32_t word;
    int32_t status;
};

static void *wait_in_thread(void *argument) {
    struct waiting *w = argument;
    w->status = w->task_id ? tasker_wait(w->handle, w->task_id, strlen(w->task_id), 600000, &w->word, NULL, NULL)
                           : tasker_poll(w->handle, 0, 600000, &w->word, NULL, NULL);
    return NULL;
}

static void cancel(struct waiting *w) {
    __atomic_store_n(&w->word, 1, __ATOMIC_SEQ_CST);
    check(write(cancel_fd, "", 1) == 1, "the cancel pipe takes a byte");
}

static void wait_and_cancel(uint64_t handle, const char *task_id) {
    struct waiting waits[] = {{.handle = handle, .task_id = task_id}, {.handle = handle}};
    pthread_t threads[2];
    CALL(tasker_wait(handle, task_id, strlen(task_id), 50, NULL, &body, &body_len));
    expect("nobody works on the task", TASKER_TIMEOUT, "\"code\":\"timeout\"");
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, wait_in_thread, &waits[i]);
    for (int i = 0; i < 2; i++) {
        cancel(&waits[i]);
        pthread_join(threads[i], NULL);
        status = waits[i].status;
        expect(i ? "a poll ends by its word" : "a wait ends by its word", TASKER_CANCELLED, NULL);
    }
}

static void close_while_waiting(uint64_t handle, int32_t event_fd, const char *task_id) {
    struct waiting w = {.handle = handle, .task_id = task_id};
    pthread_t thread;
    char rest[64];
    pthread_create(&thread, NULL, wait_in_thread, &w);
    CALL(tasker_close(handle, 5000, &body, &body_len));
    expect("close with a wait that runs", TASKER_OK, "\"drained\":true");
    pthread_join(thread, NULL);
    check(w.status == TASKER_CLOSED, "the wait says that the handle is closed");
    while (read(event_fd, rest, sizeof rest) > 0) continue;
    check(read(event_fd, rest, 1) == 0, "the event pipe is at its end");
    close(event_fd);
}

int main(int count, char **arguments) {
    char task_id[64];
    int32_t event_fd;
    if (count != 2) return fprintf(stderr, "usage: smoke URL\n"), 2;
    before_init();
    init();
    open_badly();
    uint64_t handle = migrate_and_open(arguments[1], &event_fd);
    refuse(handle);
    create(handle, task_id, sizeof task_id);
    start_and_stop(handle);
    take_events(handle, event_fd);
    wait_and_cancel(handle, task_id);
    close_while_waiting(handle, event_fd, task_id);
    forget_body();
    printf("smoke: %d passed, %d failed\n", passed, failed);
    return failed > 0;
}
