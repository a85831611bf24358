/* limits.h - the scheduler follows the folder: limits, pools and priorities that are in force
 * hold for runs under way, and dags that begin paused are. On the loop's thread. */
#ifndef HEDDLE_DAEMON_LIMITS_H
#define HEDDLE_DAEMON_LIMITS_H

#include "daemon/dispatch.h"

/* Before sched_restore_end: tells the versions in force of all dags that have runs under way, as
 * the store knows them from the daemon before. */
void limits_restore(struct dispatch *dispatch);
/* The folder has changed; former is what was in force before. What must be parsed for it is parsed
 * by workers, and told then. */
void limits_follow(struct dispatch *dispatch, const struct folder *former);

#endif
