/* trigger.h - the command that starts a run: its key, params, period, instant and tasks are read
 * and checked, then the scheduler decides. Taken and answered by dispatch.c's rules. */
#ifndef HEDDLE_DAEMON_TRIGGER_H
#define HEDDLE_DAEMON_TRIGGER_H

#include "daemon/dispatch.h"

void trigger_command(struct dispatch *dispatch, const struct web_command *command, uint64_t token);

#endif
