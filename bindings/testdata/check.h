/* What the two test programs share: a way to call and look at the answer. */
#ifndef CHECK_H
#define CHECK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasker.h"

/* The outcome of the newest call, and how all checks went. */
static int32_t status;
static uint8_t *body;
static size_t body_len;
static int passed, failed;

static void forget_body(void) {
    tasker_free(body);
    body = NULL;
}

/* Notes whether a condition holds; shows the answer when it does not. */
static void check(bool holds, const char *what) {
    if (holds) {
        passed++;
        return;
    }
    failed++;
    fprintf(stderr, "not so: %s\n  status %d, body %s\n", what, status, body ? (char *)body : "(none)");
}

/* Notes whether the newest call gave a status, and a body that has a text in it. */
static void expect(const char *what, int32_t wanted, const char *text) {
    check(status == wanted && (!text || (body && strstr((char *)body, text))), what);
}

#define BYTES(text) (const uint8_t *)(text), strlen(text)

/* Makes one call: the body of the one before is given back first. */
#define CALL(call) (forget_body(), status = (call))

static int32_t open_handle(const char *url, bool unmigrated, uint64_t *handle, int32_t *event_fd) {
    char config[1024];
    snprintf(config, sizeof config, "{\"database_url\": \"%s\", \"unmigrated\": %s}", url, unmigrated ? "true" : "false");
    return tasker_open(BYTES(config), handle, event_fd, &body, &body_len);
}

#define OPERATION(handle, name, request) tasker_call(handle, name, strlen(name), BYTES(request), 0, &body, &body_len)

#endif
