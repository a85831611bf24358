/* watch.h - the shim's wait beside its task: takes the output, keeps the time, ends the tree.
 *
 *	RUNNING --cancel, timeout, first process ended--> ENDING --grace--> KILLING
 *	   any of them --no process left, output drained--> over
 *
 * ENDING: every process got SIGTERM once. KILLING: SIGKILL, round after round, until none is left.
 */
#ifndef HEDDLE_EXECUTOR_PROCESS_WATCH_H
#define HEDDLE_EXECUTOR_PROCESS_WATCH_H

#include "executor/process/kept.h"
#include "executor/process/shim_log.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum watch_stage {
	WATCH_RUNNING,
	WATCH_ENDING,
	WATCH_KILLING
};

#define WATCH_STREAMS 2 /* stdout, stderr */

struct watch {
	/* set by the caller */
	pid_t first;
	/* The read ends of the task's pipes, non-blocking; closed at the end. The second is -1 when
	 * stderr shares the first. */
	int output_fds[WATCH_STREAMS];
	int signal_fd;
	const char *cgroup; /* "" = none */
	int64_t timeout_ms; /* 0 = none */
	int64_t grace_ms;
	int64_t started_boot_ms;
	struct shim_log *log;
	struct kept *kept; /* takes what comes from the first pipe, too; NULL = nobody does */
	/* what came of it */
	int status;        /* of the first process, as of wait(2) */
	bool is_cancelled; /* asked to end before the first process ended */
	bool is_timed_out;
	/* its own */
	enum watch_stage stage;
	bool first_ended;
	bool tree_gone;
	bool is_draining; /* the tree is gone, the pipe not closed yet */
	bool pipe_is_large[WATCH_STREAMS];
	int timer_fd;
	int64_t kill_pause_ms;
};

/* Returns when no process of the task is left and its output is taken in. */
void watch_run(struct watch *watch);

#endif
