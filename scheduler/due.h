/* due.h - what happens by itself when its time has come. */
#ifndef HEDDLE_SCHEDULER_DUE_H
#define HEDDLE_SCHEDULER_DUE_H

#include "scheduler/core.h"

/* Lets everything happen that is due by step->now on the boot clock. */
void due_happen(struct step *step);
/* A pause of the dag (NULL = what held all) is over: what waits for a slot gets its start_timeout
 * anew. */
void due_start_anew(struct step *step, const char *dag_id);
/* The same for one that is queued, if its time ran out while nobody could start it: no daemon ran,
 * or a pause that is over by now was not. */
void due_restore(struct step *step, struct instance *instance);

#endif
