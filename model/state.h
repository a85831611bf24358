/* state.h - the states of runs and tasks, and which may become which.
 *
 * Task states are Airflow's, with waiting, cancelling and cancelled:
 *
 *	none -> queued -> running -> success | skipped | failed
 *	                  running -> up_for_retry -> queued
 *	                  running -> cancelling -> cancelled | success | failed | skipped
 *	none -> upstream_failed | skipped | cancelled
 *	none, queued, up_for_retry -> cancelled
 *
 * queued waits for a slot. running holds one: its attempt is released to an executor in the same
 * commit. cancelling still holds it, until the attempt's processes are gone. */
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
	TASK_STATE_COUNT,
};

enum run_state {
	RUN_RUNNING,
	RUN_CANCELLING,
	RUN_SUCCESS,
	RUN_FAILED,
	RUN_CANCELLED,
	RUN_STATE_COUNT,
};

const char *task_state_name(enum task_state state); /* as stored, served and shown */
/* False when there is no such name; *out is then untouched. */
bool task_state_from_name(const char *name, enum task_state *out);
bool task_state_is_done(enum task_state state);
bool task_state_may_become(enum task_state from, enum task_state to);
/* running and cancelling hold a slot. */
bool task_state_holds_slot(enum task_state state);

const char *run_state_name(enum run_state state);
bool run_state_from_name(const char *name, enum run_state *out);
bool run_state_is_done(enum run_state state);

#endif
