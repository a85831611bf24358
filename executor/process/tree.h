/* tree.h - signals to all processes of an attempt.
 *
 * A living shim is the subreaper of its task: whatever the task starts, and whatever that starts
 * and leaves behind, is and stays below the shim, and "no children" (ECHILD) means that all are
 * gone. The launcher is the subreaper of its shims and inherits what a dead shim leaves. */
#ifndef HEDDLE_EXECUTOR_PROCESS_TREE_H
#define HEDDLE_EXECUTOR_PROCESS_TREE_H

#include "executor/process/claim.h"
#include "executor/process/procfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Asks every descendant of the calling process to end: SIGTERM, once. */
void tree_terminate(void);
/* Sends SIGKILL to every descendant of the calling process, parents before children, but not to the
 * children that spared (NULL = none) says yes to, nor to what is below them. To be repeated until
 * none is left. Returns how many there were, dead ones that nobody waited for included. */
size_t tree_kill(bool (*spared)(const void *context, pid_t child), const void *context);

/* The processes of attempts whose shims are dead, found by whoever is not their parent: by cgroup,
 * by session, and by the attempt's name in their environment. */
struct tree_remains {
	const struct claim *claim; /* name, and what else is known */
	size_t found;              /* by the last round */
};
/* One round: sends SIGKILL to all that is found of each, and counts it in found. Goes through /proc
 * once, whatever the count. */
void tree_kill_remains(struct tree_remains *remains, size_t count);

#endif
