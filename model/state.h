/* state.h - the states of runs and tasks, and which may become which.
 *
 * Task states are Airflow's, with cancelling and cancelled:
 *
 *	none -> queued -> running -> success | skipped | failed
 *	                  running -> up_for_retry -> queued
 *	                  running -> cancelling -> cancelled | success | failed | skipped | none
 *	none -> success (an empty task) | failed (its condition cannot be judged)
 *	none -> upstream_failed | skipped | cancelled
 *	none, queued, up_for_retry -> cancelled
 *	queued -> failed (nobody started it within its start_timeout)
 *
 * By hand, in a run that goes on or has ended:
 *
 *	all but running and cancelling -> none			rerun
 *	all but running and cancelling -> success | failed | skipped	mark
 *	running -> cancelling -> what was asked for		either, of a task that runs
 *	all that have ended -> removed				its task is not in the version that
 *								a rerun goes on with
 *
 * queued waits for a slot. running holds one: its attempt is released to an executor in the same
 * commit. cancelling still holds it, until the attempt's processes are gone; what it becomes then
 *is its aim.
 *
 * Runs:
 *
 *	queued -> running -> ending -> success | failed | cancelled
 *	          running -> cancelling -> ending
 *	queued -> cancelled
 *	waiting -> queued | running | cancelled
 *	success, failed, cancelled -> queued | running		rerun, or a mark that lets it go on
 *	failed -> success ...					a mark that leaves nothing to do
 *
 * waiting has an instant at which it is to start. queued waits for other runs of its dag.
 *cancelling waits for attempts to be gone. ending has its outcome already and runs the tasks of its
 *end; a run without such tasks skips it. */
#ifndef HEDDLE_MODEL_STATE_H
#define HEDDLE_MODEL_STATE_H

#include <stdbool.h>

enum task_state {
	TASK_NONE,
	TASK_QUEUED,
	TASK_RUNNING,
	TASK_UP_FOR_RETRY,
	TASK_CANCELLING,
	TASK_SUCCESS,
	TASK_FAILED,
	TASK_SKIPPED,
	TASK_UPSTREAM_FAILED,
	TASK_CANCELLED,
	TASK_REMOVED,
	TASK_STATE_COUNT,
};

/* What a task that is cancelling becomes when its attempt is gone. */
enum cancel_aim {
	AIM_CANCELLED, /* cancelled, unless the attempt was quicker */
	AIM_RERUN,     /* none: it runs again */
	AIM_SUCCESS,   /* a mark, whatever the attempt came to */
	AIM_FAILED,
	AIM_SKIPPED,
	AIM_COUNT,
};

enum run_state {
	RUN_RUNNING,
	RUN_CANCELLING,
	RUN_SUCCESS,
	RUN_FAILED,
	RUN_CANCELLED,
	RUN_QUEUED,
	RUN_ENDING,
	RUN_WAITING,
	RUN_STATE_COUNT,
};

const char *task_state_name(enum task_state state); /* as stored, served and shown */
/* False when there is no such name; *out is then untouched. */
bool task_state_from_name(const char *name, enum task_state *out);
bool task_state_is_done(enum task_state state);
/* One byte a state, for many of them in one text (a row of a grid): printable, never the same for
 * two, and never '-', which is free for "no such task". */
char task_state_letter(enum task_state state);
bool task_state_may_become(enum task_state from, enum task_state to);
/* running and cancelling hold a slot. */
bool task_state_holds_slot(enum task_state state);

const char *cancel_aim_name(enum cancel_aim aim); /* "cancelled", "rerun", "success" ... */
bool cancel_aim_from_name(const char *name, enum cancel_aim *out);

const char *run_state_name(enum run_state state);
bool run_state_from_name(const char *name, enum run_state *out);
bool run_state_is_done(enum run_state state);
bool run_state_has_begun(enum run_state state); /* or has ended without */
bool run_state_may_become(enum run_state from, enum run_state to);

#endif
