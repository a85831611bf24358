/* folder.h - a folder of dag files, read whole, and what its files say together.
 *
 * Used by the daemon for the folder in force and by `heddle validate` for any. A folder is built
 * once (scan.h -> folder_take -> folder_read of each file that changed -> folder_settle ->
 * folder_judge) and never changes after that; the next one is built beside it and takes what did
 * not change from it.
 *
 * A reading does not stand alone: what was in force before it stays in force where its file is
 * there but does not check, or could not be read. Only a file that is really gone, or that checks
 * and has the dag no more, takes its dag out.
 *
 * A heddle.yaml holds for all files below it. One that does not check is told, and what stands
 * below it stays as it was. */
#ifndef HEDDLE_DAEMON_FOLDER_H
#define HEDDLE_DAEMON_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "daemon/scan.h"
#include "model/dag.h"

#include <stdbool.h>
#include <stddef.h>

struct folder_result;
struct folder_defaults;

struct folder_dag {
	const char *id;
	const char *file; /* as in messages */
	char hash[33];
	uint32_t line;     /* in the file */
	struct dag *dag;   /* a reference of the folder's; NULL = not at hand, the store keeps it */
	bool start_paused; /* when it comes into force for the first time */
	bool in_force;     /* judged: this file had the id before this reading */
	bool stays;        /* judged: the last good version of what does not check now */
};

/* A file that dags name. */
struct folder_need {
	const char *path;
	struct scan_stamp stamp;
};

struct folder_file {
	const char *path;
	const char *name; /* as in messages */
	struct scan_stamp stamp;
	const char
	    *around; /* what else it is read with: this program's version, each heddle.yaml */
	const struct str
	    *given; /* read instead of what stands at path; NULL = none, the caller's */
	struct folder_dag *dags; /* in the order of its documents */
	size_t dag_count;
	struct folder_need *needs;
	size_t need_count;
	struct pool_size *pools; /* that a heddle.yaml sizes; of one that was read */
	uint32_t pool_count;
	struct dag_error *errors;
	size_t error_count;
	bool is_defaults;
	bool is_fresh;       /* its stamp could hide another change: to be read again */
	bool is_read;        /* by this reading, not taken over */
	bool is_sound;       /* it checks, or is a heddle.yaml that does */
	bool is_blocked;     /* did not change, but a heddle.yaml above it does not check */
	const char *blocker; /* that heddle.yaml, for what is new or changed; NULL = none */
	struct folder_result *result;         /* between folder_read and folder_settle */
	const struct scan_defaults *defaults; /* until folder_settle */
};

struct folder {
	struct arena arena;
	const struct folder *before; /* until folder_judge; NULL = nothing is known */
	struct folder_file *files;   /* those of a scan in the order of their names */
	size_t file_count;
	size_t file_capacity;
	VEC(size_t) unread; /* positions in files, for folder_read */
	struct folder_dag
	    *dags; /* judged: in the order of their files; after folder_sort, of ids */
	size_t dag_count;
	size_t dag_capacity;
	struct dag_errors errors;
	size_t dag_file_count; /* without every heddle.yaml */
	/* Those with a dag at hand that came not into force: the store keeps them all the same, for
	 * the day when the other file goes. */
	VEC(struct folder_dag) refused;
	VEC(const char *) unsound; /* names of files that do not check or cannot be read */
	VEC(struct folder_defaults) defaults;
	bool reads_all; /* for folder_take: nothing is taken over */
	/* A file could not be read for a reason that may pass without a change of it. */
	bool wants_retry;
};

void folder_init(struct folder *folder);
/* With what was in force before, which must stay until folder_judge. */
void folder_init_after(struct folder *folder, const struct folder *before);
void folder_close(struct folder *folder);

/* Tells what is in force, in an empty folder that is to be another's before. By id. */
void folder_note(struct folder *folder, const char *dag_id, const char *file, const char *hash);
/* Makes room for one more file; the caller fills it in, in the order of names. */
struct folder_file *folder_note_file(struct folder *folder);

/* Takes over what did not change, and lists in unread what is to be read. scan stays the caller's
 * and must live until folder_settle. Reads every heddle.yaml that it needs. */
void folder_take(struct folder *folder, const struct scan *scan);
/* Reads and parses the file at this position. Any thread; several at once for different files. */
void folder_read(struct folder *folder, size_t position);
/* The dags that folder_read found in a file, until folder_settle. */
const struct dag_list *folder_read_dags(const struct folder *folder, size_t position);
/* Lets go of them: their versions are in the store. Their names stay. */
void folder_forget_dags(struct folder *folder, size_t position);
/* After all of unread was read. */
void folder_settle(struct folder *folder);

/* scan, take, read and settle of one file, or of all below a folder; shown as in scan.h. Several
 * may be added. Fails only when path itself cannot be had: ERR_NOT_FOUND, or I/O codes. */
int folder_add(struct folder *folder, const char *path, const char *shown, struct err *err);

/* The same of a text that stands nowhere yet, as if it stood below the folder at path under this
 * name. */
void folder_add_text(struct folder *folder, const char *path, const char *name,
		     const struct str *text);

/* To be called once after the last: of two files with one id that which was in force keeps it, else
 * the first; the other has an error. What stays in force is added. */
void folder_judge(struct folder *folder);

/* Sorts the dags by id, as folder_find wants them. */
void folder_sort(struct folder *folder);
/* A dag in force, or NULL. */
const struct folder_dag *folder_find(const struct folder *folder, const char *dag_id);
/* A file of a scan, or NULL. */
const struct folder_file *folder_find_file(const struct folder *folder, const char *name);
/* True when something in force stands in this file or below this folder. */
bool folder_is_known(const struct folder *folder, const char *name);

/* Adds an error of the folder's own, however many its files have. */
void folder_report(struct folder *folder, const char *file, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void folder_push_dag(struct folder *folder, const struct folder_dag *dag);

#endif
