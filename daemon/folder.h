/* folder.h - reads a folder of dag files, checks it whole, and judges what the files say together.
 *
 * Used by the daemon for the folder in force and by `heddle validate` for any.
 *
 * A reading does not stand alone: what was in force before it (folder_note) stays in force where
 * its file is there but does not check, or could not be read. Only a file that is really gone, or
 * that checks and has the dag no more, takes its dag out. */
#ifndef HEDDLE_DAEMON_FOLDER_H
#define HEDDLE_DAEMON_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/dag.h"

#include <stdbool.h>
#include <stddef.h>

struct folder_dag {
	struct dag *dag;  /* a reference of the folder's */
	const char *file; /* as in messages; the folder's */
	bool in_force;    /* judged: this file had the id before this reading */
};

/* A dag in force before this reading. */
struct folder_known {
	const char *dag_id; /* both the folder's */
	const char *file;
	bool found; /* judged: the reading has it, in this file or another */
	bool stays; /* judged: the reading has it not, and must not take it out: see folder_keep */
};

struct folder {
	struct arena arena;
	struct folder_dag *dags; /* in the order of the files' names, then of their documents */
	size_t dag_count;
	size_t dag_capacity;
	struct dag_errors errors;
	size_t file_count;
	VEC(struct folder_known) known; /* sorted by id once judged */
	VEC(const char *) unsound;      /* files that do not check or cannot be read, and folders */
};

void folder_init(struct folder *folder);
void folder_close(struct folder *folder);

/* Tells what is in force, before folder_add; each id once. */
void folder_note(struct folder *folder, const char *dag_id, const char *file);

/* Reads one file, or every *.yaml and *.yml below a folder (names in order, hidden ones left out,
 * links followed but no loop twice). A file below a folder with a heddle.yaml is refused: its
 * defaults are not supported yet, and it must not run without them. Files are named in messages as
 * shown/NAME, or NAME when shown is NULL. What is wrong inside a file, or with reading it, goes to
 * folder->errors. Fails only when path itself cannot be had: ERR_NOT_FOUND, or I/O codes. */
int folder_add(struct folder *folder, const char *path, const char *shown, struct err *err);

/* To be called once after the last folder_add: of two files with one id that which was in force
 * keeps it, else the first; the other has an error and loses its dag. */
void folder_judge(struct folder *folder);

/* After folder_judge, for a known dag that stays: adds its last good version, whose text the store
 * kept. A text that this program does not accept any more is an error of its file. */
void folder_keep(struct folder *folder, const struct folder_known *known, const char *text,
		 size_t bytes);

/* After the last folder_keep: sorts the dags by id, as folder_find wants them. */
void folder_sort(struct folder *folder);
/* A dag in force, or NULL. */
const struct folder_dag *folder_find(const struct folder *folder, const char *dag_id);

#endif
