/* retention_files.h - what runs left in the home's folders: counted, and removed.
 *
 * Tasks may have put anything anywhere below their own folders, so no link is followed, and a step
 * looks at no more entries than it is told to. All calls block: they are for workers. */
#ifndef HEDDLE_DAEMON_RETENTION_FILES_H
#define HEDDLE_DAEMON_RETENTION_FILES_H

#include "base/err.h"
#include "executor/process/pack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_counts {
	int64_t files; /* folders count as well */
	int64_t bytes; /* that they take on the disk */
};

/* How a tree is gone through. */
struct file_walk {
	bool is_dry; /* nothing is removed */
	size_t left; /* entries that may still be looked at in this step */
	struct file_counts counts;
};

/* Removes a file or a whole folder, as far as walk->left goes: then it is not gone yet, and *gone
 * false. What is not there is gone. When it is dry all is counted, and nothing removed. */
int files_remove(const char *path, struct file_walk *walk, bool *gone, struct err *err);

/* All files of an attempt, and the folder of its artifacts. */
int files_remove_attempt(const char *home, const struct pack_attempt *attempt,
			 struct file_walk *walk, bool *gone, struct err *err);
/* The packed logs of a run, and its scratch folder. */
int files_remove_run(const char *home, struct pack_run run, struct file_walk *walk, bool *gone,
		     struct err *err);
/* What an attempt left as artifacts, bounded by walk->left. */
int files_count_artifacts(const char *home, const struct pack_attempt *attempt,
			  struct file_walk *walk, struct err *err);

#endif
