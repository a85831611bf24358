/* drain.h - ends the daemon only when nothing runs any more.
 *
 * For process 1 of a container, with whose end the kernel kills all that is in there: tasks cannot
 * outlive it as they do elsewhere. From the beginning on nothing is started, retries and queued
 * runs included; what runs goes on to its end, and that is committed. Nothing of it is kept on
 * disk: the next daemon starts what waits. */
#ifndef HEDDLE_DAEMON_DRAIN_H
#define HEDDLE_DAEMON_DRAIN_H

#include "daemon/dispatch.h"

#include <stdbool.h>
#include <uv.h>

struct drain {
	struct dispatch *dispatch;
	void (*over)(void *context); /* once, never from within a call of this */
	void *context;
	uv_timer_t end;
	bool is_on;
};

void drain_begin(struct drain *drain, struct dispatch *dispatch, void (*over)(void *context),
		 void *context);
/* To be called after each commit: looks whether it is over. One that is not on is allowed. */
void drain_look(struct drain *drain);
void drain_stop(struct drain *drain); /* likewise */

#endif
