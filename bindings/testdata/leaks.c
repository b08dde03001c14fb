/*
 * Calls many times in all the ways that own something for a while, and looks at what the process holds before and after:
 * memory, threads, descriptors. The first tenth warms up.
 *
 *     leaks URL CALLS     URL: a migrated database
 */
#include <dirent.h>

#include "check.h"

/* What Go's heap may still grow by once it is warm: its garbage is not collected at the same moment in every run. */
#define SLACK_KB 8192

static long field_of_status(const char *name) {
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && value < 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0) value = atol(line + strlen(name) + 1);
    }
    if (file) fclose(file);
    return value;
}

static long descriptors(void) {
    long number = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory)) number++;
    if (directory) closedir(directory);
    return number;
}

struct holdings {
    long rss_kb, threads, descriptors;
};

static struct holdings look(void) {
    return (struct holdings){field_of_status("VmRSS"), field_of_status("Threads"), descriptors()};
}

static void *enter_once(void *argument) {
    tasker_poll(*(uint64_t *)argument, 0, 0, NULL, NULL, NULL);
    return NULL;
}

/* One round: cheap calls mostly, now and then one that opens, hangs, refuses much, or comes from a new thread. */
static void round_of_calls(uint64_t handle, const char *url, char *large, long i) {
    uint32_t set = 1;
    CALL(tasker_poll(handle, 0, 0, NULL, &body, &body_len));
    CALL(OPERATION(handle, "status", "{}"));
    CALL(OPERATION(handle, "no such operation", "{\"any\": \"thing\"}"));
    CALL(tasker_poll(handle, 0, 60000, &set, &body, &body_len));
    if (i % 100 == 0) CALL(tasker_create_task(handle, BYTES(large), 0, &body, &body_len));
    if (i % 1000 == 0) {
        uint64_t other;
        int32_t event_fd;
        pthread_t thread;
        if (CALL(open_handle(url, false, &other, &event_fd)) == TASKER_OK) {
            CALL(tasker_close(other, 1000, &body, &body_len));
            close(event_fd);
        }
        check(status == TASKER_OK, "open and close");
        pthread_create(&thread, NULL, enter_once, &handle);
        pthread_join(thread, NULL);
    }
}

static void show(const char *when, struct holdings h) {
    fprintf(stderr, "leaks: %s: %ld KB, %ld threads, %ld descriptors\n", when, h.rss_kb, h.threads, h.descriptors);
}

int main(int count, char **arguments) {
    static char large[100 * 1024];
    uint64_t handle;
    if (count != 3) return fprintf(stderr, "usage: leaks URL CALLS\n"), 2;
    long rounds = atol(arguments[2]) / 4;
    memset(large, ' ', sizeof large - 1);
    memcpy(large, "{\"name\": \"unknown\"", 18);
    large[sizeof large - 2] = '}';

    CALL(tasker_init(NULL, 0, NULL, NULL, NULL));
    CALL(open_handle(arguments[1], false, &handle, NULL));
    expect("open", TASKER_OK, NULL);
    for (long i = 0; i < rounds / 10; i++) round_of_calls(handle, arguments[1], large, i);
    struct holdings before = look();
    for (long i = 0; i < rounds; i++) round_of_calls(handle, arguments[1], large, i);
    struct holdings after = look();
    forget_body();
    show("warm", before);
    show("after all calls", after);
    check(after.rss_kb - before.rss_kb < SLACK_KB, "the memory is flat");
    check(after.threads - before.threads <= 2, "no threads are left behind");
    check(after.descriptors == before.descriptors, "no descriptors are left behind");
    tasker_close(handle, 1000, NULL, NULL);
    printf("leaks: %d passed, %d failed, after %ld calls\n", passed, failed, 4 * rounds);
    return failed > 0;
}
