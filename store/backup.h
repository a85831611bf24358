/* backup.h - whole copies of a database, made while it is in use.
 *
 * A backup is one SQLite file: what one read transaction saw, without a log beside it. It is
 *written under its name with ".part" behind, checked whole (check.h), synced, and only then
 *renamed: a file without ".part" is a sound backup. Who writes it holds a lock on the part (flock),
 *by which the leavings of one that was killed are known, and removed by the next.
 *
 *	FOLDER/heddle-20261121T061500.123Z-INCARNATION.db */
#ifndef HEDDLE_STORE_BACKUP_H
#define HEDDLE_STORE_BACKUP_H

#include "store/db.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backup_info {
	char path[PATH_MAX];
	char incarnation[9];
	int64_t schema; /* number of its tables */
	int64_t bytes;
	int64_t facts;          /* all of them checked */
	int64_t known_until_ms; /* wall time of its last fact; 0 = it has none */
	int64_t made_at_ms;     /* with backup_write */
};

/* Copies what from sees to path, which is replaced. Fails with ERR_EXISTS when another process is
 * writing it, ERR_CORRUPT when the copy is not sound and is_checked, ERR_FULL without room, else
 * db.h's codes; there is then no new file, and an old one stays. */
int backup_copy(struct db *from, const char *path, bool is_checked, struct err *err);

/* Makes a backup of the database in the folder, which is made when missing; info->path is absolute.
 * Works beside a daemon and without one. Fails as backup_copy, and as schema_check. */
int backup_write(const char *db_path, const char *folder, struct backup_info *info,
		 struct err *err);
/* Removes the oldest backups of this incarnation in the folder but for keep of them. */
int backup_prune(const char *folder, const char *incarnation, size_t keep, size_t *removed,
		 struct err *err);
/* Checks a backup whole and says what it is. ERR_NOT_FOUND, ERR_CORRUPT (unsound, or no database of
 * ours), ERR_INVALID (a newer Heddle wrote it), else db.h's codes. */
int backup_read(const char *path, struct backup_info *info, struct err *err);

#endif
