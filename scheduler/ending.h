/* ending.h - what the end of an attempt means for its task. */
#ifndef HEDDLE_SCHEDULER_ENDING_H
#define HEDDLE_SCHEDULER_ENDING_H

#include "scheduler/core.h"

/* Takes note of an end, of an attempt under way or not. Returns the number of the run, 0 when the
 * attempt is not under way. */
int64_t ending_apply(struct step *step, const char *actor, const struct attempt_end *end,
		     const struct end_findings *findings);

#endif
