/* watch.h - tells when the dag folder has changed and is quiet again.
 *
 *	event --> 100 ms without another (2 s at most) --> changed()
 *
 * In a git work tree it also waits while .git/index.lock exists: a checkout is one change. A lock
 * that a dead git left behind holds it for 30 s and no longer. Where inotify cannot tell, it looks
 * by the clock: every 5 s on a network file system, else every 60 s. On the loop's thread. */
#ifndef HEDDLE_DAEMON_WATCH_H
#define HEDDLE_DAEMON_WATCH_H

#include "daemon/scan.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct watch {
	uv_loop_t *loop;
	int fd; /* inotify's, for scans; -1 = not to be had */
	uv_poll_t poll;
	uv_timer_t timer;
	bool is_open; /* the timer is the loop's; so is poll when fd is one */
	/* As the last scan left them, sorted. */
	VEC(struct scan_watch) watches;
	VEC(char *) names;
	char git_lock[PATH_MAX]; /* "" = no work tree */
	int64_t look_every_ms;   /* 0 = inotify tells */
	uint64_t first_ms;       /* loop's time of the first event of this change; 0 = none */
	void (*changed)(void *context);
	void *context;
};

/* Never fails: without inotify it looks by the clock. */
void watch_start(struct watch *watch, uv_loop_t *loop, void (*changed)(void *context),
		 void *context);
void watch_stop(struct watch *watch);  /* the handles are closed in the next turns of the loop */
void watch_close(struct watch *watch); /* after the loop */

/* Takes the places and names of a scan, and lets go of what it did not come by. */
void watch_take(struct watch *watch, const struct scan *scan, const char *git_lock,
		bool is_on_network);
/* To be called before a scan begins: its change is taken up, and the next event begins another.
 * Returns when this one began, for watch_wait. */
uint64_t watch_take_up(struct watch *watch);
/* The scan came too early: something is still being written. True when changed() will be called
 * again for this change; false when it has waited long enough. */
bool watch_wait(struct watch *watch, uint64_t first_ms);
/* Calls changed() in so many milliseconds, whatever happens. */
void watch_again(struct watch *watch, uint64_t delay_ms);

#endif
