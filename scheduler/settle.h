/* settle.h - the second half of every step. */
#ifndef HEDDLE_SCHEDULER_SETTLE_H
#define HEDDLE_SCHEDULER_SETTLE_H

#include "scheduler/core.h"

/* Lets all follow that has become possible: those downstream learn what ended, runs with nothing
 * left to do end, free slots are given to those who wait. Afterwards nothing more can be decided
 * without another input. */
void settle(struct step *step);
/* The same without the slots: between what was due and the input itself, which then meets no run
 * that has half ended. */
void settle_runs(struct step *step);

#endif
