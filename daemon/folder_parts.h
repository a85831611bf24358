/* folder_parts.h - what the files of folder.h share among themselves. */
#ifndef HEDDLE_DAEMON_FOLDER_PARTS_H
#define HEDDLE_DAEMON_FOLDER_PARTS_H

#include "daemon/folder.h"

struct defaults;

/* What folder_read found in one file. */
struct folder_result {
	struct dag_list dags;
	struct dag_errors errors;
	VEC(struct folder_need) needs; /* their paths are the result's */
	const char *base;              /* the file's path */
	bool is_sound;
	bool wants_retry;
};

/* A heddle.yaml of the scan at hand. */
struct folder_defaults {
	const struct scan_defaults *scan;
	struct defaults *parsed; /* NULL = not read, or does not check */
	const char *around;      /* of the files for which it is the nearest */
	bool is_read;
	bool is_broken;
};

void folder_close_result(struct folder_result *result); /* NULL is allowed */
void folder_close_defaults(struct folder *folder);

#endif
