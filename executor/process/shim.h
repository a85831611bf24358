/* shim.h - the process beside a task: claims the attempt, runs it, ends it, tells its end. */
#ifndef HEDDLE_EXECUTOR_PROCESS_SHIM_H
#define HEDDLE_EXECUTOR_PROCESS_SHIM_H

#include "executor/process/cgroup.h"

#include <stdbool.h>
#include <stddef.h>

/* What the kernel calls a shim. */
#define SHIM_NAME "heddle-shim"
/* What the title of a shim begins with; the attempt's name follows. */
#define SHIM_TITLE "heddle-shim "

/* What a shim inherits from the launcher that forked it. Its working folder is the home, all its
 * signals are blocked. */
struct shim_place {
	const char *boot_id;
	const char *cgroup_base; /* "" = none */
	int signal_fd;           /* SIGCHLD, SIGTERM (end the task), SIGQUIT (at once) */
	int socket_fd;           /* the launcher's; closed at once */
	int lock_fd;             /* spool/launcher.lock; closed when the claim is made */
	int alive_fd;            /* hangs up when the daemon is gone */
	char *title;             /* the program's arguments, to be overwritten */
	size_t title_bytes;
};

/* Runs the attempt of a FRAME_LAUNCH frame, to its end. Exits with 0 once the exit record is in the
 * spool, SHIM_EXIT_UNTOLD when there is no home any more to tell it in, SHIM_EXIT_CLAIM_EXISTS, or
 * an errno value when nothing could be claimed. */
__attribute__((noreturn)) void shim_run(const struct shim_place *place, const void *frame,
					size_t size);

#endif
