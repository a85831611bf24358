/* scan.h - what lies in a dag folder: names and stamps, nothing read.
 *
 * A scan is cheap (one stat a file), so that one is made of the whole folder after each change:
 * what to read anew is told by comparing stamps. With a watch it also asks inotify to tell of the
 * next change, of each folder before it is listed, so that no change falls between the two. */
#ifndef HEDDLE_DAEMON_SCAN_H
#define HEDDLE_DAEMON_SCAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stat says of a file. A file with the same stamp holds the same bytes, unless it was written
 * in the very moment of the stamp: see is_fresh. All zero = there is no such file. */
struct scan_stamp {
	int64_t device;
	int64_t inode;
	int64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
};

/* A heddle.yaml. */
struct scan_defaults {
	const char *path;
	const char *name; /* as shown in messages */
	struct scan_stamp stamp;
	bool is_fresh;
	const struct scan_defaults *above; /* the next one up the folders; NULL = none */
};

struct scan_file {
	const char *path;
	const char *name; /* as shown in messages: shown/NAME, or NAME */
	struct scan_stamp stamp;
	bool is_fresh; /* changed so lately that the next change might leave the stamp as it is */
	const struct scan_defaults *defaults; /* that hold for it, the nearest; NULL = none */
	/* It is there but cannot be reached, or is a folder that cannot be listed: why. NULL = all
	 * is well. */
	const char *fault;
};

/* A folder that inotify tells of. */
struct scan_watch {
	int number;       /* inotify's */
	const char *path; /* absolute */
};

struct scan {
	struct arena arena;
	VEC(struct scan_file) files;          /* in the order of their names */
	VEC(struct scan_defaults *) defaults; /* likewise */
	VEC(struct scan_watch) watches;
	/* Names beyond *.yaml, *.yml and folders of which a change matters: of links and of the
	 * files that they and dags lead to. */
	VEC(const char *) names;
	unsigned folder_count; /* walked so far below the present folder of the top */
	int inotify_fd;        /* -1 = nothing is watched */
	bool is_unwatched;     /* some folder cannot be watched: no more watches, say */
	/* Something changed less than SCAN_QUIET_MS before the scan, or seems to in the future. */
	bool is_restless;
	/* A name that cannot be reached matters only if something below it is known; NULL = it
	 * never does. */
	bool (*is_known)(void *context, const char *name);
	void *context;
	int64_t now_ns; /* wall time of the scan */
};

#define SCAN_QUIET_MS 100

void scan_init(struct scan *scan);
void scan_close(struct scan *scan);

/* Adds all *.yaml and *.yml below a folder (hidden names left out, links followed but no loop
 * twice). shown NULL = names are relative to path. Fails only when path itself cannot be listed:
 * ERR_NOT_FOUND or I/O codes. */
int scan_folder(struct scan *scan, const char *path, const char *shown, struct err *err);
/* Adds one file, with every heddle.yaml above it, up to the folder that holds .git or heddle.db. */
int scan_single(struct scan *scan, const char *path, const char *shown, struct err *err);
/* Adds one file that stands nowhere yet, as if it stood below the folder under this name, with
 * every heddle.yaml from the folder down to it. */
void scan_unwritten(struct scan *scan, const char *folder, const char *name);
/* Asks to be told when another file changes, which need not exist. For what a dag names. Any
 * thread, one at a time. */
void scan_watch_file(struct scan *scan, const char *path);

/* The stamp of a file, all zero when there is none. */
struct scan_stamp scan_stamp_of(const char *path);
bool scan_stamp_equal(const struct scan_stamp *a, const struct scan_stamp *b);

/* True for the name of a file that holds dags or defaults. */
bool scan_is_dag_file(const char *name);

#endif
