/* spawn.h - starts the first process of a task. */
#ifndef HEDDLE_EXECUTOR_PROCESS_SPAWN_H
#define HEDDLE_EXECUTOR_PROCESS_SPAWN_H

#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct spawn_task {
	char *const *argv;
	char *const *envp;
	const char *cwd;
	int input_fd;  /* becomes stdin; -1 = the caller's */
	int output_fd; /* becomes stdout */
	int error_fd;  /* becomes stderr */
	int cgroup_fd; /* -1 = none */
	/* The address space that each process may have, 0 = any. With cgroup_limits_memory it holds
	 * only where the process could not be put into the group. */
	uint64_t memory_bytes;
	bool cgroup_limits_memory;
};

struct spawn_result {
	pid_t pid;
	bool is_in_cgroup;
	char reason[LIMIT_REASON_BYTES + 1]; /* when there is no process: "exec 'x': ..." */
};

/* Returns true when the program runs: its exec is done by then. The process leads a session of its
 * own, dies with the caller (PR_SET_PDEATHSIG), has no signal blocked, and no descriptors but 0
 * to 2. A program without a slash is looked for along PATH of envp. */
bool spawn_task(const struct spawn_task *task, struct spawn_result *result);

#endif
