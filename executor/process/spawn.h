/* spawn.h - starts the first process of a task. */
#ifndef HEDDLE_EXECUTOR_PROCESS_SPAWN_H
#define HEDDLE_EXECUTOR_PROCESS_SPAWN_H

#include "model/limits.h"

#include <stdbool.h>
#include <sys/types.h>

struct spawn_task {
	char *const *argv;
	char *const *envp;
	const char *cwd;
	int output_fd; /* becomes stdout and stderr; stdin is the caller's */
	int cgroup_fd; /* -1 = none */
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
