/* pause.h - dags that start nothing: no task and no queued run. What runs goes on. */
#ifndef HEDDLE_SCHEDULER_PAUSE_H
#define HEDDLE_SCHEDULER_PAUSE_H

#include "scheduler/core.h"

/* INPUT_PAUSE and INPUT_RESUME. All dags at once are paused beside each by itself: resuming all
 * lets those rest that were paused alone. */
void pause_set(struct step *step, const struct input *input, bool is_paused);
/* As committed; dag_id NULL = all. */
void pause_restore(struct sched *sched, const char *dag_id, const char *actor, const char *reason,
		   int64_t at_ms);
/* NULL when it is not; dag_id NULL = all. */
const struct pause *pause_find(const struct sched *sched, const char *dag_id);
void pause_forget_all(struct sched *sched);
/* Whether a pause keeps the tasks of a run from starting; a forced one knows only that of all. */
bool pause_holds(const struct sched *sched, const struct run *run);

#endif
