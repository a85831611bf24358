/* dispatch_core.h - what dispatch.c lends to the files that carry out single commands. Nothing else
 * includes it. */
#ifndef HEDDLE_DAEMON_DISPATCH_CORE_H
#define HEDDLE_DAEMON_DISPATCH_CORE_H

#include "daemon/dispatch.h"

/* The batch that this turn of the loop yields; it stays the same until the turn ends. */
struct sched_output *dispatch_output(struct dispatch *dispatch);
/* Feeds the scheduler at this moment; what follows goes to dispatch_output. */
int64_t dispatch_step(struct dispatch *dispatch, const struct input *input);
/* The answer to a command, given after the commit of what it saw. Texts are copied; NULL = none. */
void dispatch_answer(struct dispatch *dispatch, uint64_t token, enum web_result result,
		     const char *run_id, const char *message);
/* Likewise what the scheduler answered to the step that was just made. */
void dispatch_answer_step(struct dispatch *dispatch, uint64_t token, const char *run_id);
void dispatch_answer_unknown_dag(struct dispatch *dispatch, const char *dag_id, uint64_t token);
/* The batch of this turn, for changes that were not decided by the scheduler. */
struct sched_output *dispatch_batch(struct dispatch *dispatch);
/* The same; then is called once, after its commit. */
struct sched_output *dispatch_when_committed(struct dispatch *dispatch, void (*then)(void *context),
					     void *context);
/* The dag's version is not at hand: it is fetched, and the command taken again then. */
void dispatch_fetch(struct dispatch *dispatch, const struct folder_dag *found,
		    const struct web_command *command, uint64_t token);
/* Likewise of a version that a run keeps. */
void dispatch_fetch_kept(struct dispatch *dispatch, const char *hash,
			 const struct web_command *command, uint64_t token);

#endif
