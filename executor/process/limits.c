/* limits.c - the limits of an attempt; see limits.h. */
#include "executor/process/limits.h"

#include "executor/process/cgroup.h"

#include <stdio.h>

#define NOTE_BYTES 200

static unsigned wanted(const struct frame_launch *launch)
{
	return (launch->memory_bytes > 0 ? LIMITS_MEMORY : 0u) |
	       (launch->cpus_milli > 0 ? LIMITS_CPUS : 0u) | (launch->pids > 0 ? LIMITS_PIDS : 0u);
}

unsigned limits_give(const struct frame_launch *launch, const char *cgroup)
{
	unsigned asked = cgroup[0] == '\0' ? 0 : wanted(launch);
	unsigned held = 0;

	if ((asked & LIMITS_MEMORY) != 0 && cgroup_limit_memory(cgroup, launch->memory_bytes))
		held |= LIMITS_MEMORY;
	if ((asked & LIMITS_CPUS) != 0 && cgroup_limit_cpus(cgroup, launch->cpus_milli))
		held |= LIMITS_CPUS;
	if ((asked & LIMITS_PIDS) != 0 && cgroup_limit_pids(cgroup, launch->pids))
		held |= LIMITS_PIDS;
	return held;
}

void limits_tell(const struct frame_launch *launch, unsigned held, struct shim_log *log,
		 int64_t now_ms)
{
	unsigned open = wanted(launch) & ~held;
	char note[NOTE_BYTES];

	if ((open & LIMITS_MEMORY) != 0) {
		snprintf(note, sizeof note,
			 "the memory limit of %llu bytes holds for the address space of each "
			 "process: there is no cgroup with the memory controller",
			 (unsigned long long)launch->memory_bytes);
		shim_log_note(log, note, now_ms);
	}
	if ((open & LIMITS_CPUS) != 0) {
		snprintf(note, sizeof note,
			 "the limit of %u.%03u processors is not enforced: there is no cgroup with "
			 "the cpu controller",
			 launch->cpus_milli / 1000, launch->cpus_milli % 1000);
		shim_log_note(log, note, now_ms);
	}
	if ((open & LIMITS_PIDS) != 0) {
		snprintf(note, sizeof note,
			 "the limit of %u processes is not enforced: there is no cgroup with the "
			 "pids controller",
			 launch->pids);
		shim_log_note(log, note, now_ms);
	}
	if (open != 0)
		shim_log_flush(log, now_ms);
}
