/* init.h - what a daemon has to do that is the first process of a container (process 1).
 *
 * It inherits the orphans of all that runs beside it (a shell that somebody opened in the
 * container, say; those of tasks go to their shims) and must wait for them when they end, or they
 * stay as zombies. Our own children are not touched: libuv waits for those. */
#ifndef HEDDLE_DAEMON_INIT_H
#define HEDDLE_DAEMON_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#define INIT_SEEN_MAX 64 /* zombies remembered at once; more are seen in later rounds */

struct init_seen {
	pid_t pid;
	uint64_t start; /* clock ticks after boot */
};

struct init {
	uv_signal_t child;
	uv_timer_t look;
	struct init_seen seen[INIT_SEEN_MAX];
	size_t seen_count;
	bool is_open;
};

/* Whether this process is one. */
bool init_is_needed(void);
/* Fails with ERR_IO. */
struct err;
int init_start(struct init *init, uv_loop_t *loop, struct err *err);
void init_stop(struct init *init); /* one that was not started is allowed */

#endif
