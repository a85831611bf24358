/* retry.h - whether a task that failed is tried again, and when. */
#ifndef HEDDLE_SCHEDULER_RETRY_H
#define HEDDLE_SCHEDULER_RETRY_H

#include "scheduler/instance.h"

/* move says "failed", with its cause as why. Turns it into "up_for_retry" when the task has tries
 * left and trying again can mend the cause, and adds to why which try it was and what follows. */
void retry_judge(struct step *step, const struct instance *instance, enum attempt_cause cause,
		 struct move *move);

#endif
