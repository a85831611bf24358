/* version.h - a run that has ended goes on with another version of its dag.
 *
 * Tasks are the same when their ids are. A task that the new version does not have is removed, one
 * that it has in addition begins in none. */
#ifndef HEDDLE_SCHEDULER_VERSION_H
#define HEDDLE_SCHEDULER_VERSION_H

#include "scheduler/core.h"

/* For each task of dag its position in the run's own version, or UINT32_MAX; the caller frees it.
 */
uint32_t *version_map(const struct run *run, const struct dag *dag);
/* Gives the run, which has ended, the other version. map is version_map's. */
void version_change(struct step *step, struct run *run, struct dag *dag, const uint32_t *map,
		    const char *actor, const char *why);

#endif
