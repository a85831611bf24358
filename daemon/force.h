/* force.h - which dags are in force: what the folder says, joined with what was in force before. */
#ifndef HEDDLE_DAEMON_FORCE_H
#define HEDDLE_DAEMON_FORCE_H

#include "base/err.h"
#include "daemon/folder.h"
#include "store/store.h"

#include <stdint.h>

/* Reads the folder at path into an empty *folder, keeps the last good version of what does not
 * check, logs the errors, and writes to the store what is in force from now on. The dags are sorted
 * by id. On the calling thread. Fails when path cannot be listed or the store not be written. */
int force_load(struct folder *folder, const char *path, struct store *store,
	       uint32_t default_pool_slots, struct err *err);

#endif
