/* tell.h - those downstream of a task learn what it became.
 *
 * Each instance counts its upstreams by what they came to, so that an end costs the same for each
 * edge, however many upstreams a task has. What an instance has told is kept beside it: when it is
 * reset or marked, that is taken back first. */
#ifndef HEDDLE_SCHEDULER_TELL_H
#define HEDDLE_SCHEDULER_TELL_H

#include "scheduler/core.h"

/* Tells those downstream of all that is done; what they become is told on in turn. */
void tell_all(struct step *step);
/* Counts the done instances of a run that was made from rows, for all its tasks. Decides nothing.
 */
void tell_counts(struct run *run);
/* An instance is no longer what it told, or now tells it: counts only. Appends to *undone, unless
 * that is NULL, those downstream whose rule had made them upstream_failed or skipped and now says
 * otherwise. */
struct instance_list {
	VEC(struct instance *) vec;
};
void tell_anew(struct instance *instance, struct instance_list *undone);

#endif
