/* run.h - runs under way: how they come to be, are found, and end. */
#ifndef HEDDLE_SCHEDULER_RUN_H
#define HEDDLE_SCHEDULER_RUN_H

#include "scheduler/core.h"

/* A run with all its instances in none, known under its number, id and identity. One that has ended
 * stands in no queue. */
struct run *run_create(struct sched *sched, const struct sched_run_row *row);
/* Frees a run and all that waits for it. */
void run_destroy(struct sched *sched, struct run *run);
/* Gives a run new instances, all in none, for the dag that it has now. */
void run_make_instances(struct run *run);

/* Whether a run may begin as this row says: in *state, and *why so, NULL when that goes without
 * saying. Else that is answered. */
bool run_may_begin(struct step *step, const struct sched_run_row *row, enum run_state *state,
		   const char **why);
/* Starts a run, or queues it. Returns it; NULL when the queue of its dag is full. */
struct run *run_begin(struct step *step, const struct input *input);
/* Its turn has come, in its dag's queue. */
void run_start(struct step *step, struct run *run);
/* The instant of a waiting run has come: it starts, or is queued. */
void run_come_due(struct step *step, struct run *run);
/* A run that had ended goes on: at once, or when its turn comes. */
void run_revive(struct step *step, struct run *run, const char *actor, const char *why);
void run_move(struct step *step, struct run *run, enum run_state to, const char *actor,
	      const char *why);
/* Replaces its params; NULL = none. */
void run_set_params(struct run *run, const char *params);

/* Whether nothing of the part that it is in is left. */
bool run_is_over(const struct run *run);
/* An ending run runs again; tasks of its end that are under way are ended already. */
void run_go_back(struct step *step, struct run *run, const char *actor, const char *why);
/* Notes a run that has nothing left to do in its state, for run_end_next. */
void run_check_over(struct sched *sched, struct run *run);

struct run *run_find(const struct sched *sched, int64_t run_no); /* NULL when it is not under way */
struct run *run_find_id(const struct sched *sched, const char *run_id);
struct run *run_find_key(const struct sched *sched, const char *dag_id, const char *source,
			 const char *key);

#endif
