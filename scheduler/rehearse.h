/* rehearse.h - what an input would do, found out without doing it: a copy that knows one run, or
 * the pauses, goes through the same step, and its changes are read and thrown away.
 *
 * The copy holds all starts, so that only what the input itself does is seen, and not what becomes
 * of it once there are slots. */
#ifndef HEDDLE_SCHEDULER_REHEARSE_H
#define HEDDLE_SCHEDULER_REHEARSE_H

#include "scheduler/sched.h"

/* A scheduler for one step, the caller's. run_no: of a run under way, which it knows as the other
 * one does; 0 = of none, and one that has ended may be fed by sched_restore_run. */
struct sched *rehearse_run(const struct sched *sched, int64_t run_no, struct moment now);
/* The version that a run under way has, which stays the scheduler's. */
struct dag *rehearse_dag(const struct sched *sched, int64_t run_no);
/* One that knows what is paused, and why nothing is started. */
struct sched *rehearse_pauses(const struct sched *sched);

/* The first state of the run that this trigger would make now, in *state; the output's answer is
 * ANSWER_REFUSED, with a message, when it would make none. */
void rehearse_trigger(struct sched *sched, const struct input *input, struct moment now,
		      struct sched_output *output, enum run_state *state);

#endif
