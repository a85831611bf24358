/* git.h - which commit a folder's work tree stands at, read from .git itself. Any thread; blocks,
 * so not on the loop's. */
#ifndef HEDDLE_DAEMON_GIT_H
#define HEDDLE_DAEMON_GIT_H

#include <limits.h>
#include <stdbool.h>

struct git_tree {
	char root[PATH_MAX];   /* of the work tree; "" = the folder is in none */
	char folder[PATH_MAX]; /* that holds HEAD and the index: .git, or what it points to */
	char commit[65];       /* lower-case hex; "" = none yet, or not to be read */
	int dirty;             /* 1 = the tree holds changes, 0 = none, -1 = not known */
};

/* Finds the work tree that holds a folder (absolute): root, folder. */
void git_find(const char *folder, struct git_tree *tree);
/* Reads its commit. */
void git_read_commit(struct git_tree *tree);
/* Asks the program git, if there is one, whether it holds changes. Takes as long as `git status`,
 * and GIT_WAIT_MS at most. */
void git_read_dirty(struct git_tree *tree);

#define GIT_WAIT_MS 1000

#endif
