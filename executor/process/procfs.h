/* procfs.h - what /proc tells of processes. A process may end at any moment: what is gone is simply
 * not found. */
#ifndef HEDDLE_EXECUTOR_PROCESS_PROCFS_H
#define HEDDLE_EXECUTOR_PROCESS_PROCFS_H

#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pids {
	pid_t *items;
	size_t count;
	size_t capacity;
};

#define PROCFS_NAME_SIZE 16 /* of the kernel's, with its NUL */

struct procfs_stat {
	char name[PROCFS_NAME_SIZE]; /* of the program, or as it named itself (PR_SET_NAME) */
	char state;                  /* 'Z' and 'X': dead */
	pid_t parent;
	pid_t session;
	uint64_t start; /* clock ticks after boot; with the pid it names a process for good */
};

/* False when there is no such process (any more). */
bool procfs_read_stat(pid_t pid, struct procfs_stat *out);
/* A descriptor that means this very process; -1 when it is gone or another one has its pid. */
int procfs_open(pid_t pid, uint64_t start);
/* Sends the signal to this very process; false when it is gone or may not be signalled. */
bool procfs_signal(pid_t pid, uint64_t start, int signal);
/* Appends the children of all threads of pid. */
void procfs_children(pid_t pid, struct pids *out);
/* Appends every process there is. */
void procfs_all(struct pids *out);
/* The first argument of a process of our own user, as it may also have rewritten it, cut to size;
 * false when it has none or is another user's. */
bool procfs_title(pid_t pid, char *title, size_t size);
/* The value of a variable in the environment the process was started with, cut to size; false when
 * it has none or may not be read. */
bool procfs_env(pid_t pid, const char *name, char *value, size_t size);

#endif
