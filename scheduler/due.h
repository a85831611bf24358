/* due.h - what happens by itself when its time has come. */
#ifndef HEDDLE_SCHEDULER_DUE_H
#define HEDDLE_SCHEDULER_DUE_H

#include "scheduler/core.h"

/* Lets everything happen that is due by step->now on the boot clock. */
void due_happen(struct step *step);

#endif
