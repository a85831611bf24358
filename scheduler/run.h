/* run.h - runs under way: how they come to be, are found, and end. */
#ifndef HEDDLE_SCHEDULER_RUN_H
#define HEDDLE_SCHEDULER_RUN_H

#include "scheduler/core.h"

/* A run with all its instances in none, known under its number, id and identity. */
struct run *run_create(struct sched *sched, const struct sched_run_row *row);
/* Frees a run and all that waits for it. */
void run_destroy(struct sched *sched, struct run *run);

/* Starts a run: the tasks without an upstream are queued. Returns it. */
struct run *run_begin(struct step *step, const struct input *input);
void run_move(struct step *step, struct run *run, enum run_state to, const char *actor,
	      const char *why);
/* Ends the runs that have nothing left to do, and forgets them. */
void run_end_all_over(struct step *step);

struct run *run_find(const struct sched *sched, int64_t run_no); /* NULL when it is not under way */
struct run *run_find_id(const struct sched *sched, const char *run_id);
struct run *run_find_key(const struct sched *sched, const char *dag_id, const char *source,
			 const char *key);

#endif
