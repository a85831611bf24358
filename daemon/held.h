/* held.h - a home that came out of a backup starts nothing until somebody says so. */
#ifndef HEDDLE_DAEMON_HELD_H
#define HEDDLE_DAEMON_HELD_H

#include "daemon/dispatch.h"

/* Takes up the hold that is on disk, if there is one. Before sched_restore_end; INPUT_RESUME of all
 * ends it. */
int held_take_up(struct dispatch *dispatch, struct err *err);
#endif
