/* clock_watch.h - tells when somebody sets the wall clock. On the loop's thread. */
#ifndef HEDDLE_DAEMON_CLOCK_WATCH_H
#define HEDDLE_DAEMON_CLOCK_WATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <uv.h>

struct clock_watch {
	uv_poll_t poll;
	int fd;
	bool is_open; /* the handle is the loop's */
	void (*was_set)(void *context);
	void *context;
};

/* The caller keeps *watch until the loop has ended. */
int clock_watch_start(struct clock_watch *watch, uv_loop_t *loop, void (*was_set)(void *context),
		      void *context, struct err *err);
/* Of one that did not start, too. */
void clock_watch_stop(struct clock_watch *watch);
void clock_watch_close(struct clock_watch *watch); /* after the loop has ended */

#endif
