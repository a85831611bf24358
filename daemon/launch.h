/* launch.h - from a task of a dag to what the executor needs to start it. */
#ifndef HEDDLE_DAEMON_LAUNCH_H
#define HEDDLE_DAEMON_LAUNCH_H

#include "base/arena.h"
#include "daemon/home.h"
#include "executor/process/process.h"
#include "scheduler/sched.h"

/* Fills *launch for an attempt (an EFFECT_LAUNCH, with its dag). What it points to lives in the
 * arena or in the dag. The environment is the one DIALECT.md lists, and nothing else of the
 * daemon's. */
void launch_build(const struct home *home, const struct effect *attempt, struct arena *arena,
		  struct process_launch *launch);

#endif
