/* limits.h - what an attempt may use of the machine: memory, processes, processors.
 *
 * The attempt's cgroup holds it to that where it has the controllers. Where it has not, memory is
 * limited as the address space of each process (spawn.h), and the others cannot be. What is not
 * held as it was asked for is told by a line in the attempt's log, never by an error. */
#ifndef HEDDLE_EXECUTOR_PROCESS_LIMITS_H
#define HEDDLE_EXECUTOR_PROCESS_LIMITS_H

#include "executor/process/frame.h"
#include "executor/process/shim_log.h"

enum {
	LIMITS_MEMORY = 1,
	LIMITS_CPUS = 2,
	LIMITS_PIDS = 4,
};

/* Gives the limits of the launch to the group; "" = there is none. Returns those that it holds. */
unsigned limits_give(const struct frame_launch *launch, const char *cgroup);
/* Tells of those that were asked for and are not held. */
void limits_tell(const struct frame_launch *launch, unsigned held, struct shim_log *log,
		 int64_t now_ms);

#endif
