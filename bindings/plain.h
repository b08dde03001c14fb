/* What the Go side of the library asks of its plain C side. Not for callers: nothing here leaves the library. */
#ifndef TASKER_PLAIN_H
#define TASKER_PLAIN_H

/* remember_fd notes a descriptor that a forked child must close. It gives its place, or -1 when there is no room left. */
int remember_fd(int fd);

/* forget_fd frees a place. Call it before close(): a number that is already reused must not be closed in a child. */
void forget_fd(int place);

#endif
