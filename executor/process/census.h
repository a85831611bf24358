/* census.h - which attempts of a home have living processes, told without any of their files.
 *
 * A shim is known by the title it gave itself, its task's processes by HEDDLE_ATTEMPT_ID in their
 * environment. This is what is asked when a claim is not there: "no claim" alone may also mean that
 * somebody removed it. */
#ifndef HEDDLE_EXECUTOR_PROCESS_CENSUS_H
#define HEDDLE_EXECUTOR_PROCESS_CENSUS_H

#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct census_entry {
	int64_t attempt_id;
	pid_t pid;
	uint64_t start; /* clock ticks after boot */
	bool is_shim;
};

struct census {
	VEC(struct census_entry) entries;
};

/* What was found of one attempt. */
struct census_found {
	size_t count;   /* of its processes, its shim included */
	pid_t shim_pid; /* 0 = no shim */
	uint64_t shim_start;
};

/* Goes through /proc once. What was in census before is replaced. */
void census_take(struct census *census, const char *incarnation);
struct census_found census_find(const struct census *census, int64_t attempt_id);
void census_close(struct census *census);

#endif
