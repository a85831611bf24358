/* regain.h - `heddle restore`: a home gets its database back from a backup.
 *
 *	home locked, no launcher    nobody else begins anything in it
 *	what still runs is ended    or nothing is done at all (without force)
 *	heddle.db.staged            made of the backup, checked, held (store/recover.h)
 *	heddle.db.restoring         its name from here on: a daemon refuses to start
 *	HOME/replaced-INSTANT/      the old database and what belongs to it go here
 *	heddle.db                   its name in the end
 *
 * Killed before the last line, the old home is as it was, or the next restore ends what this one
 * began. Nothing of the old home is removed. */
#ifndef HEDDLE_DAEMON_REGAIN_H
#define HEDDLE_DAEMON_REGAIN_H

#include "base/err.h"
#include "store/backup.h"

#include <limits.h>
#include <stdbool.h>

struct regain {
	const char *home;
	const char *backup;
	const char *actor; /* for the fact */
	bool force;        /* replace a database, end what runs */
};

struct regain_result {
	struct backup_info backup;
	char home[PATH_MAX];     /* absolute */
	char replaced[PATH_MAX]; /* where the old database is; "" = there was none */
	size_t ended;            /* attempts that still ran */
};

/* Blocks. ERR_REFUSED: a daemon has the home, or it holds a database or running tasks and force is
 * not given. Else fails as home_open and recover_stage. */
int regain_home(const struct regain *regain, struct regain_result *result, struct err *err);

#endif
