/* run_end.h - how a run ends: its outcome, the tasks of its end, its last state. */
#ifndef HEDDLE_SCHEDULER_RUN_END_H
#define HEDDLE_SCHEDULER_RUN_END_H

#include "scheduler/core.h"

/* What a run comes to by the states of its tasks, and why (NULL = it goes without saying). */
enum run_state run_end_judge(struct step *step, const struct run *run, const char **why);
/* All tasks of the run itself are done: it ends like this, or runs the tasks of its end first. */
void run_end_conclude(struct step *step, struct run *run, enum run_state outcome, const char *actor,
		      const char *why);
/* Goes on with one run that has nothing left to do: it ends and is forgotten. Returns false when
 * there is none. Nobody may be left to be told: what waits for that points into runs. */
bool run_end_next(struct step *step);

#endif
