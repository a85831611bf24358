/* kin.h - whether a process belongs to an attempt of a home, and to which.
 *
 * Told by what a process cannot take off, in this order: its cgroup; a shim (or the launcher) above
 * it, since both are subreapers of all that a task leaves behind, whatever session and environment
 * that gave itself; HEDDLE_ATTEMPT_ID in the environment that it, or the leader of its session, was
 * started with. */
#ifndef HEDDLE_EXECUTOR_PROCESS_KIN_H
#define HEDDLE_EXECUTOR_PROCESS_KIN_H

#include "executor/process/process.h"

#include <stddef.h>
#include <sys/types.h>

#define KIN_OUTSIDERS 16

/* Processes that were found outside, of those that start others: shells, servers. They stay so,
 * since one that loses its parent goes to another one above it, and never below a shim. All zero =
 * none. */
struct kin_outsiders {
	struct {
		pid_t pid;
		uint64_t start; /* with the pid it names a process for good */
	} items[KIN_OUTSIDERS];
	size_t next; /* to be written */
};

struct kin_home {
	const char *path; /* absolute */
	const char *incarnation;
	pid_t launcher; /* 0 = none */
	struct kin_outsiders *outsiders;
};

/* Costs a few reads of /proc for each process above it, and no more than 64 of them. */
struct process_peer kin_find(const struct kin_home *home, pid_t pid);

/* The attempt in the text of /proc/PID/cgroup, of this incarnation; false when there is none. Pure.
 */
bool kin_in_cgroup(const char *text, const char *incarnation, int64_t *attempt_id);

#endif
