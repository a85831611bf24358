/* rerun.h - tasks of a run run again; see INPUT_RERUN in sched.h. */
#ifndef HEDDLE_SCHEDULER_RERUN_H
#define HEDDLE_SCHEDULER_RERUN_H

#include "scheduler/core.h"

/* Returns the number of the run; 0 when there is none such. */
int64_t rerun_apply(struct step *step, const struct input *input);
/* The tasks of the run's end run again when the run ends again. */
void rerun_reset_hooks(struct step *step, struct run *run, const char *actor, const char *why);
/* Sets one instance back to none: what runs is ended first. */
void rerun_reset(struct step *step, struct instance *instance, const char *actor, const char *why);
/* The tasks of a dag that a wish (input.rerun: mode, tasks) means, by position; the caller's. NULL
 * = it makes no sense: answered. */
bool *rerun_choose(struct step *step, struct dag *dag, const struct input *wish);

#endif
