/* condition.h - the conditions of tasks (`when`), over params, dates and outputs. */
#ifndef HEDDLE_SCHEDULER_CONDITION_H
#define HEDDLE_SCHEDULER_CONDITION_H

#include "scheduler/core.h"

/* Judges the condition of an instance that has one. Fails with ERR_INVALID: a value is missing, or
 * two are compared that cannot be. */
int condition_judge(struct sched *sched, const struct instance *instance, bool *out,
		    struct err *err);
/* Forgets what was read of a run's params. */
void condition_forget(struct run *run);

#endif
