/*
 * The functions that never enter Go. They work where Go does not: before its runtime is up, and in a forked child. The
 * library's descriptors are remembered here, and not in Go, because the one who needs them is the child handler of a fork,
 * which may do nothing but async-signal-safe work on memory that is there already.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "plain.h"
#include "tasker.h"

/* More sockets than any sensible pool has; one too many is merely not closed in a child. */
#define PLACES 1024

/* The descriptor plus one, so that zero, which static memory starts with, means free. */
static _Atomic int remembered[PLACES];

uint32_t tasker_abi_version(void) { return TASKER_ABI_VERSION; }

const char *tasker_version(void) { return TASKER_VERSION; }

void tasker_free(void *output) { free(output); }

void tasker_fork_child(void) {
    for (int place = 0; place < PLACES; place++) {
        int value = atomic_exchange(&remembered[place], 0);
        if (value > 0) close(value - 1);
    }
}

int remember_fd(int fd) {
    for (int place = 0; place < PLACES; place++) {
        int vacant = 0;
        if (atomic_compare_exchange_strong(&remembered[place], &vacant, fd + 1)) return place;
    }
    return -1;
}

void forget_fd(int place) {
    if (place >= 0) atomic_store(&remembered[place], 0);
}
