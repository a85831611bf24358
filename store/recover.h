/* recover.h - a backup becomes a database that a home can go on with.
 *
 * It knows nothing of what happened after it was made. So it gets a new incarnation, by which its
 * next attempts never meet claims of before, and a hold: nothing starts in it until somebody has
 * looked (read_restored) and said so. */
#ifndef HEDDLE_STORE_RECOVER_H
#define HEDDLE_STORE_RECOVER_H

#include "base/err.h"
#include "store/backup.h"

/* Makes path, which is replaced, of the backup: whole, of the present schema, without a log beside
 * it. actor and reason are those of the hold. *info says what the backup is. Fails as backup_read
 * and backup_copy; recover_drop is due then. */
int recover_stage(const char *backup, const char *path, const char *actor, const char *reason,
		  struct backup_info *info, struct err *err);
/* Removes what such a call left behind. */
void recover_drop(const char *path);
/* Carries what stands in a database's log over into it, so that the file alone is all of it. For
 * one that nobody has open. */
int recover_fold(const char *path, struct err *err);

#endif
