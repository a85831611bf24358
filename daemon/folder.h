/* folder.h - reads a folder of dag files, checks it whole, and judges what the files say together.
 *
 * Used by the daemon for the folder in force and by `heddle validate` for any. */
#ifndef HEDDLE_DAEMON_FOLDER_H
#define HEDDLE_DAEMON_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "model/dag.h"

#include <stddef.h>

struct folder_dag {
	struct dag *dag;  /* a reference of the folder's */
	const char *file; /* as in messages; the folder's */
};

struct folder {
	struct arena arena;
	struct folder_dag *dags; /* in the order of the files' names, then of their documents */
	size_t dag_count;
	size_t dag_capacity;
	struct dag_errors errors;
	size_t file_count;
};

void folder_init(struct folder *folder);
void folder_close(struct folder *folder);

/* Reads one file, or every *.yaml and *.yml below a folder (names in order, hidden ones left out,
 * links followed but no loop twice). Files are named in messages as shown/NAME, or NAME when shown
 * is NULL. What is wrong inside a file, or with reading it, goes to folder->errors. Fails only when
 * path itself cannot be had: ERR_NOT_FOUND, or I/O codes. */
int folder_add(struct folder *folder, const char *path, const char *shown, struct err *err);

/* To be called once after the last folder_add: an id that stands in two files is an error of the
 * later one, which loses its dag. */
void folder_judge(struct folder *folder);

#endif
