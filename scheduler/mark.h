/* mark.h - somebody says what a task came to; see INPUT_MARK in sched.h. */
#ifndef HEDDLE_SCHEDULER_MARK_H
#define HEDDLE_SCHEDULER_MARK_H

#include "scheduler/core.h"

/* Returns the number of the run; 0 when there is none such. */
int64_t mark_apply(struct step *step, const struct input *input);

#endif
