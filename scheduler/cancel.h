/* cancel.h - ending a run before its tasks have. */
#ifndef HEDDLE_SCHEDULER_CANCEL_H
#define HEDDLE_SCHEDULER_CANCEL_H

#include "scheduler/core.h"

/* The shim itself sends KILL when the grace is over, so the scheduler's own comes a little later,
 * for a shim that did not. */
#define CANCEL_MARGIN_MS 2000

/* Cancels a run under way; one that has ended or is being cancelled stays as it is. reason may be
 * NULL. Returns its number, 0 when it is not under way. */
int64_t cancel_run(struct step *step, int64_t run_no, const char *actor, const char *reason);
/* The timeout of a run has passed: what runs is ended, and the run has failed. */
void cancel_late_run(struct step *step, struct run *run);
/* How long until what did not die is killed once more. */
int64_t cancel_kill_every_ms(const struct sched *sched);

#endif
