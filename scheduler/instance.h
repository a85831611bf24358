/* instance.h - one task in one run: the one place where its state moves. */
#ifndef HEDDLE_SCHEDULER_INSTANCE_H
#define HEDDLE_SCHEDULER_INSTANCE_H

#include "scheduler/core.h"

struct move {
	enum task_state to;
	enum cancel_aim aim; /* with cancelling */
	const char *actor;   /* NULL = the scheduler itself */
	const char *why;     /* NULL = it goes without saying */
	int64_t delay_ms;    /* with up_for_retry and cancelling: until it is due */
};

/* Moves an instance to a state that the table in model/state.c allows, keeps queue, slots, timers
 * and counts in step with it, and emits the change. Those downstream are told later (tell.h). */
void instance_move(struct step *step, struct instance *instance, const struct move *move);
/* Starts the next attempt of a queued instance. */
void instance_start(struct step *step, struct instance *instance);
/* Ends the attempt of one that holds a slot: it becomes cancelling, with that aim. One that is
 * cancelling already keeps its deadline. */
void instance_end_attempt(struct step *step, struct instance *instance, enum cancel_aim aim,
			  const char *actor, const char *why);
/* Keeps what it gave, where a condition may ask for it; NULL = nothing. */
void instance_keep_outputs(struct instance *instance, const char *json);

/* Puts one that was restored in its state where that state belongs: line, timer, slot. */
void instance_settle_in(struct sched *sched, struct instance *instance, int64_t queued_order);
/* The opposite: takes it out of line, timers and slot. */
void instance_pull_out(struct sched *sched, struct instance *instance);
/* True for the states that end by themselves when something is due: up_for_retry and cancelling. */
bool instance_waits(enum task_state state);
/* The timer of an instance rings at this boot-clock instant. */
void instance_set_timer(struct sched *sched, struct instance *instance, int64_t at_boot_ms);

#endif
