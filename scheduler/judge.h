/* judge.h - whether a task may run: its place in the run, its trigger rule, its condition. */
#ifndef HEDDLE_SCHEDULER_JUDGE_H
#define HEDDLE_SCHEDULER_JUDGE_H

#include "scheduler/core.h"

/* Decides about an instance in none, as far as its upstreams allow; any other stays as it is. told
 * is the upstream that has just told its end, for the reason; NULL = none has. */
void judge_instance(struct step *step, struct instance *instance, const struct instance *told);
/* True when its rule, and nothing else, has made it upstream_failed or skipped, by its counts. */
bool judge_made_it(const struct instance *instance);
/* Decides about all instances of a run in none. */
void judge_run(struct step *step, struct run *run);
/* Whether a task of the run's end belongs to this outcome. */
bool judge_hook_fits(enum task_hook hook, enum run_state outcome);

#endif
