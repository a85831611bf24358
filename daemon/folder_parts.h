/* folder_parts.h - what the files of folder.h share among themselves. */
#ifndef HEDDLE_DAEMON_FOLDER_PARTS_H
#define HEDDLE_DAEMON_FOLDER_PARTS_H

#include "daemon/folder.h"

struct defaults;

/* A heddle.yaml of the scan at hand. */
struct folder_defaults {
	const struct scan_defaults *scan;
	struct defaults *parsed; /* NULL = not read, or does not check */
	const char *around;      /* of the files for which it is the nearest */
	bool is_read;
	bool is_broken;
};

void folder_close_file(struct folder_file *file);
void folder_close_defaults(struct folder *folder);

#endif
